package seed

// spanish holds the categories that people write about most; the others are written about in English.
var spanish = map[string]topic{
	"processing-time": {
		subjects: []string{"{form} pendiente desde hace {months} meses", "¿Cuándo deciden mi caso?", "Fuera del tiempo normal"},
		facts:    []string{"Mi {form} lleva {months} meses pendiente.", "La página dice que el tiempo normal ya pasó en {month}."},
		asks:     []string{"¿Me pueden decir si falta algo?", "¿Cuándo puedo esperar una respuesta?"},
		answers:  []string{"Su {form} está en la oficina de {office}, en turno para decisión. No falta nada.", "Pedimos a la oficina de {office} que revise su caso. Tendrá noticias en 30 días; no necesita mandar nada."},
	},
	"notice-not-received": {
		subjects: []string{"No me llegó la carta", "Aviso perdido en el correo"},
		facts:    []string{"El estado dice que mandaron un aviso el {day} de {month}, pero no llegó.", "A mi vecino le llegó la carta y a mí no."},
		asks:     []string{"¿Me la pueden mandar otra vez?", "Tengo miedo de perder la cita. ¿Qué dice el aviso?"},
		answers:  []string{"Enviamos el aviso otra vez a la dirección registrada. Espere diez días; también puede leerlo en Documentos."},
	},
	"card-not-received": {
		subjects: []string{"No ha llegado mi tarjeta", "¿Dónde está mi tarjeta?"},
		facts:    []string{"El estado dice que la tarjeta se produjo en {month}, pero no la tengo.", "Me mudé y creo que la tarjeta llegó a la dirección anterior."},
		asks:     []string{"¿Pueden averiguar dónde está?", "¿Cómo consigo otra?"},
		answers:  []string{"Su tarjeta volvió a nuestra oficina. La mandaremos otra vez a {address}; avísenos en cinco días si no es correcto."},
	},
	"case-question": {
		subjects: []string{"Pregunta sobre mi caso", "¿Qué significa mi estado?", "Entrevista en {office}"},
		facts:    []string{"Mi estado cambió y no entiendo qué piden.", "Ya fui a las huellas el {day} de {month}."},
		asks:     []string{"¿Qué sigue?", "¿Tengo que hacer algo?", "¿Puedo trabajar mientras espero?"},
		answers:  []string{"Después de las huellas, la oficina de {office} lo citará a una entrevista. Por ahora no tiene que hacer nada."},
	},
	"change-of-address": {
		subjects: []string{"Cambio de dirección", "Me mudé"},
		facts:    []string{"Nos mudamos a {address}.", "Cambié la dirección en {month}, pero las cartas siguen llegando a la anterior."},
		asks:     []string{"Por favor actualicen todos mis casos.", "¿Me confirman que ya la tienen?"},
		answers:  []string{"Cambiamos la dirección en su cuenta y en todos sus casos. Recibirá una confirmación por correo."},
	},
	"reschedule-appointment": {
		subjects: []string{"Necesito otra fecha", "No puedo ir el {day} de {month}"},
		facts:    []string{"Voy a estar en el hospital el día de mi cita en {office}.", "Perdí la cita porque se descompuso el camión."},
		asks:     []string{"¿Me pueden dar otra fecha?", "¿Se cerró mi caso?"},
		answers:  []string{"Su caso sigue abierto. La nueva cita le llegará por correo en tres semanas."},
	},
	"cannot-sign-in": {
		subjects: []string{"No puedo entrar a mi cuenta", "Cuenta bloqueada", "No llega el código"},
		facts:    []string{"La página dice que la contraseña está mal, pero es la correcta.", "Cambié de teléfono y ya no me llega el código."},
		asks:     []string{"Por favor desbloqueen mi cuenta.", "¿Cómo puedo entrar?"},
		answers:  []string{"Quitamos el bloqueo. Espere diez minutos, elija «Olvidé mi contraseña» y busque también en el correo no deseado."},
	},
	"something-else": {
		subjects: []string{"Pregunta general", "Ayuda por favor", "¿Qué formulario necesito?"},
		facts:    []string{"Me llamó alguien que dice que trabaja con ustedes y pide dinero.", "No sé qué formulario me toca."},
		asks:     []string{"¿Qué hago?", "¿Es verdad?"},
		answers:  []string{"Esa llamada no fue nuestra: nunca pedimos dinero por teléfono. No pague y avise a la policía."},
	},
}
