package messages_test

// pronounced holds words of our pages by the syllables that the CMU Pronouncing Dictionary gives them.
var pronounced = map[int]string{
	1: `add all an and are as ask asked at back bank be big brought but by came can card case change changed check choose close
		com comes could date day days did do does each end few field fields file files fill find first for form four from full
		gave get give go green groups has have help helps here home how if in is it keep know leave left less like link list
		long look looked looks lost mail main make marked may mean more most moved my name need needs new next no not now of on
		one or out page part phone please print read reads real right safe same saved saw says screen see send sent short should
		show side sign signed skip some spam staff start step still stop such tab take takes tell text than that the them then
		there these they think this time to too top try two typed up us use wait want was we went what when where which who will
		with word words work write wrong wrote yet you your yours`,
	2: `about accept account added address after again allowed answer answered answers any applied arrived because before below
		beside bigger browser cannot cases command compare contact content copies copy current dashboard detail details device
		digit digits discard empty enter error explain faster figure figures folder follow followed footer happens hello hours
		ignore legal letter letters little longer many meantime member message minute minutes mistake mistakes never nothing
		notice number numbers online only open opened opens other our paper passport password payment people permit person photo
		photos problem progress question questions receipt received reload remove removed replace report requests sending
		service smaller social something subject success support tickets typing visa warning website within without working`,
	3: `agency another answering anything appointments asterisk character characters completed connection document documents
		earlier every everything example important invented optional pdf personal probably provided reference register
		registered required somebody taxpayer together`,
	4: `demonstration information security`,
	5: `administrator`,
}
