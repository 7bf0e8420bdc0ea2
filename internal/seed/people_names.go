package seed

// origin is where a name comes from; given and family names are combined within it.
type origin struct {
	share    int
	language string // what most of its people write in
	given    []string
	family   []string
	families int // how many family names a person has
}

var origins = []origin{
	{24, "es", []string{"María José", "Lucía", "Andrés", "Ximena", "Joaquín", "Inés", "Sebastián", "Rocío", "Álvaro", "Noemí", "Julián", "Beatriz", "Óscar", "Yesenia", "Raúl", "Graciela"},
		[]string{"Hernández", "Núñez", "Ibáñez", "Quiñones", "Peña", "Cárdenas", "Villaseñor", "Zúñiga", "Ochoa", "Maldonado", "Escobar", "Benítez", "Arriaga", "Montoya", "Tejada", "Urrutia"}, 2},
	{11, "en", []string{"Aditi", "Rohan", "Meenakshi", "Arjun", "Lakshmi", "Vikram", "Priyanka", "Sandeep", "Kavya", "Harpreet", "Nikhil", "Shreya"},
		[]string{"Raghunathan", "Deshpande", "Chatterjee", "Sidhu", "Kulkarni", "Venkataraman", "Bhatt", "Malhotra", "Pillai", "Grewal", "Iyer", "Bose"}, 1},
	{10, "en", []string{"Xiulan", "Jianhong", "Meiling", "Zhiwei", "Yutong", "Haoran", "Lihua", "Wenbo", "Qian", "Jiayi"},
		[]string{"Ouyang", "Zhao", "Liang", "Xu", "Shen", "Fang", "Tang", "Qiu", "Deng", "Lü"}, 1},
	{7, "en", []string{"Maricel", "Jun-jun", "Rosario", "Efren", "Ligaya", "Crisanto", "Divina", "Reynaldo"},
		[]string{"Dimaculangan", "Panganiban", "Bautista", "Magsaysay", "Catacutan", "Lacson", "Evangelista", "Tolentino"}, 1},
	{7, "en", []string{"Thảo", "Quốc Bảo", "Hạnh", "Đức", "Mỹ Linh", "Tuấn", "Ngọc", "Phương"},
		[]string{"Nguyễn", "Trần", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Lý"}, 1},
	{8, "en", []string{"Chidinma", "Oluwaseun", "Abena", "Kwabena", "Ngozi", "Tunde", "Adwoa", "Emeka", "Yetunde", "Kofi"},
		[]string{"Okonkwo", "Adeyemi", "Mensah", "Nwachukwu", "Asante", "Oyelaran", "Boateng", "Eze", "Agyeman", "Balogun"}, 1},
	{5, "en", []string{"Tigist", "Dawit", "Selamawit", "Yonas", "Hiwot", "Bereket"},
		[]string{"Gebremariam", "Tesfaye", "Woldemichael", "Haile", "Abebe", "Kebede"}, 1},
	{6, "en", []string{"Layla", "Yousef", "Rania", "Khalid", "Maryam", "Tariq", "Salma", "Hassan"},
		[]string{"al-Khatib", "Haddad", "Mansour", "bin Saleh", "Qureshi", "Nasser", "El-Amin", "Darwish"}, 1},
	{5, "en", []string{"Oksana", "Taras", "Svitlana", "Bohdan", "Agnieszka", "Łukasz", "Zuzana", "Jiří"},
		[]string{"Kovalenko", "Shevchuk", "Wójcik", "Zieliński", "Dvořáková", "Novák", "Marchenko", "Šimek"}, 1},
	{4, "en", []string{"Min-jun", "Seo-yeon", "Ji-ho", "Hye-jin", "Sakura", "Kenji"},
		[]string{"Bae", "Kwon", "Yoon", "Seo", "Tanaka", "Fujimoto"}, 1},
	{5, "en", []string{"João Pedro", "Thaís", "Vinícius", "Letícia", "Caio", "Conceição"},
		[]string{"Magalhães", "Gonçalves", "de Araújo", "Brandão", "Simões", "da Conceição"}, 1},
	{4, "en", []string{"Françoise", "Jean-Baptiste", "Wideline", "Stéphane", "Mirlande", "Aurélie"},
		[]string{"Étienne", "Pierre-Louis", "Désir", "Beauvais", "Toussaint", "Lefèvre"}, 1},
	{4, "en", []string{"Siobhán", "Callum", "Niamh", "Rhys", "Saoirse", "Alistair"},
		[]string{"O’Sullivan", "MacGregor", "Fitzgerald", "Pritchard", "O’Rourke", "Abernathy"}, 1},
}

// places are invented: no street or town of the demo is somebody's.
var (
	streets = []string{"Alder Street", "Millrace Road", "Harbor View Drive", "Larkspur Lane", "Quarry Hill Avenue", "Sycamore Court", "Old Ferry Road", "Juniper Terrace", "Cannery Row East", "Windmill Crescent", "Beacon Street", "Orchard Way"}
	towns   = []string{"Fairhollow, NY 10990", "Port Ellery, NJ 07099", "Cedar Bluffs, TX 75990", "Santa Eulalia, CA 93990", "Lakemont, IL 60990", "New Alder, WA 98990", "Bayhaven, FL 33990", "Millbrook Falls, GA 30990", "Eastmere, MA 02990", "Dry Creek, AZ 85990"}
	offices = []string{"Fairhollow", "Port Ellery", "Cedar Bluffs", "Santa Eulalia", "Lakemont", "Bayhaven"}
)
