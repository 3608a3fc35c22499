"""Countries as news in English write them: names, adjectives, capitals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_TABLE = """
Afghanistan | Afghan | Kabul
Albania | Albanian | Tirana
Algeria | Algerian | Algiers
Angola | Angolan | Luanda
Argentina | Argentine, Argentinian | Buenos Aires
Armenia | Armenian | Yerevan
Australia | Australian | Canberra
Austria | Austrian | Vienna
Azerbaijan | Azerbaijani, Azeri | Baku
Bahrain | Bahraini | Manama
Bangladesh | Bangladeshi | Dhaka
Belarus, Byelorussia | Belarusian | Minsk
Belgium | Belgian |
Benin | Beninese | Porto-Novo
Bhutan | Bhutanese | Thimphu
Bolivia | Bolivian | La Paz
Bosnia and Herzegovina, Bosnia | Bosnian | Sarajevo
Botswana | | Gaborone
Brazil | Brazilian | Brasilia
Britain, United Kingdom, UK, Great Britain | British, Briton | London, Downing Street
Brunei | Bruneian | Bandar Seri Begawan
Bulgaria | Bulgarian | Sofia
Burkina Faso | Burkinabe | Ouagadougou
Burundi | Burundian | Bujumbura
Cambodia | Cambodian | Phnom Penh
Cameroon | Cameroonian | Yaounde
Canada | Canadian | Ottawa
Central African Republic, CAR | | Bangui
Chad | Chadian | N'Djamena
Chile | Chilean | Santiago
China, People's Republic of China, PRC | Chinese | Beijing
Colombia | Colombian | Bogota
Congo, Democratic Republic of the Congo, Democratic Republic of Congo, DRC | Congolese | Kinshasa
Costa Rica | Costa Rican | San Jose
Croatia | Croatian, Croat | Zagreb
Cuba | Cuban | Havana
Cyprus | Cypriot | Nicosia
Czech Republic, Czechia | Czech | Prague
Denmark | Danish, Dane | Copenhagen
Djibouti | Djiboutian |
Dominican Republic | Dominican | Santo Domingo
East Timor, Timor-Leste | Timorese | Dili
Ecuador | Ecuadorian, Ecuadorean | Quito
Egypt | Egyptian | Cairo
El Salvador | Salvadoran | San Salvador
Equatorial Guinea | | Malabo
Eritrea | Eritrean | Asmara
Estonia | Estonian | Tallinn
Eswatini, Swaziland | Swazi | Mbabane
Ethiopia | Ethiopian | Addis Ababa
Fiji | Fijian | Suva
Finland | Finnish, Finn | Helsinki
France | French | Paris, Elysee
Gabon | Gabonese | Libreville
Gambia | Gambian | Banjul
Georgia | Georgian | Tbilisi
Germany | German | Berlin
Ghana | Ghanaian | Accra
Greece | Greek | Athens
Guatemala | Guatemalan | Guatemala City
Guinea | Guinean | Conakry
Guinea-Bissau | | Bissau
Guyana | Guyanese | Georgetown
Haiti | Haitian | Port-au-Prince
Honduras | Honduran | Tegucigalpa
Hungary | Hungarian | Budapest
Iceland | Icelandic, Icelander | Reykjavik
India | Indian | New Delhi, Delhi
Indonesia | Indonesian | Jakarta
Iran, Islamic Republic of Iran | Iranian | Tehran, Teheran
Iraq | Iraqi | Baghdad
Ireland | Irish | Dublin
Israel | Israeli | Jerusalem, Tel Aviv
Italy | Italian | Rome
Ivory Coast, Cote d'Ivoire | Ivorian | Abidjan, Yamoussoukro
Jamaica | Jamaican | Kingston
Japan | Japanese | Tokyo
Jordan | Jordanian | Amman
Kazakhstan | Kazakh, Kazakhstani | Astana
Kenya | Kenyan | Nairobi
Kosovo | Kosovar | Pristina
Kuwait | Kuwaiti | Kuwait City
Kyrgyzstan | Kyrgyz | Bishkek
Laos | Laotian, Lao | Vientiane
Latvia | Latvian | Riga
Lebanon | Lebanese | Beirut
Lesotho | | Maseru
Liberia | Liberian | Monrovia
Libya | Libyan | Tripoli
Liechtenstein | | Vaduz
Lithuania | Lithuanian | Vilnius
Luxembourg | Luxembourger |
Madagascar | Malagasy | Antananarivo
Malawi | Malawian | Lilongwe
Malaysia | Malaysian | Kuala Lumpur
Maldives | Maldivian |
Mali | Malian | Bamako
Malta | Maltese | Valletta
Mauritania | Mauritanian | Nouakchott
Mauritius | Mauritian | Port Louis
Mexico | Mexican | Mexico City
Moldova | Moldovan | Chisinau
Monaco | Monegasque |
Mongolia | Mongolian | Ulaanbaatar
Montenegro | Montenegrin | Podgorica
Morocco | Moroccan | Rabat
Mozambique | Mozambican | Maputo
Myanmar, Burma | Burmese | Naypyidaw, Naypyitaw
Namibia | Namibian | Windhoek
Nepal | Nepalese, Nepali | Kathmandu
Netherlands, Holland | Dutch | Amsterdam
New Zealand | New Zealander | Wellington
Nicaragua | Nicaraguan | Managua
Niger | Nigerien | Niamey
Nigeria | Nigerian | Abuja
North Korea, DPRK | North Korean | Pyongyang
North Macedonia, Macedonia | Macedonian | Skopje
Norway | Norwegian | Oslo
Oman | Omani | Muscat
Pakistan, Islamic Republic of Pakistan | Pakistani | Islamabad
Palestine | Palestinian | Ramallah
Panama | Panamanian | Panama City
Papua New Guinea | | Port Moresby
Paraguay | Paraguayan | Asuncion
Peru | Peruvian | Lima
Philippines | Filipino, Philippine | Manila
Poland | Polish, Pole | Warsaw
Portugal | Portuguese | Lisbon
Qatar | Qatari | Doha
Romania | Romanian | Bucharest
Russia, Russian Federation | Russian | Moscow, Kremlin
Rwanda | Rwandan | Kigali
Saudi Arabia, Kingdom of Saudi Arabia, KSA | Saudi, Saudi Arabian | Riyadh
Senegal | Senegalese | Dakar
Serbia | Serbian, Serb | Belgrade
Sierra Leone | Sierra Leonean | Freetown
Singapore | Singaporean |
Slovakia | Slovak, Slovakian | Bratislava
Slovenia | Slovenian, Slovene | Ljubljana
Somalia | Somali | Mogadishu
South Africa | South African | Pretoria
South Korea, Republic of Korea, ROK | South Korean | Seoul
South Sudan | South Sudanese | Juba
Soviet Union, USSR | Soviet |
Spain | Spanish, Spaniard | Madrid
Sri Lanka | Sri Lankan | Colombo
Sudan | Sudanese | Khartoum
Suriname | Surinamese | Paramaribo
Sweden | Swedish, Swede | Stockholm
Switzerland | Swiss | Bern
Syria | Syrian | Damascus
Taiwan | Taiwanese | Taipei
Tajikistan | Tajik | Dushanbe
Tanzania | Tanzanian | Dodoma, Dar es Salaam
Thailand | Thai | Bangkok
Togo | Togolese | Lome
Trinidad and Tobago | Trinidadian |
Tunisia | Tunisian | Tunis
Turkey, Türkiye | Turkish, Turk | Ankara
Turkmenistan | Turkmen | Ashgabat
Uganda | Ugandan | Kampala
Ukraine | Ukrainian | Kyiv, Kiev
United Arab Emirates, UAE, Emirates | Emirati | Abu Dhabi
United States, US, USA, United States of America, America | American | Washington, White House
Uruguay | Uruguayan | Montevideo
Uzbekistan | Uzbek | Tashkent
Vatican, Holy See | |
Venezuela | Venezuelan | Caracas
Vietnam | Vietnamese | Hanoi
Yemen | Yemeni | Sanaa, Sana'a
Zambia | Zambian | Lusaka
Zimbabwe | Zimbabwean | Harare
"""
_NO_PLURAL = ("ese", "ish", "ch", "ss", "yz", "s", "Czech", "Dutch", "Swiss")


@dataclass(frozen=True, slots=True)
class Country:
    """A country: how it is called, its adjectives and people, and the places that stand for its government."""

    names: tuple[str, ...]
    adjectives: tuple[str, ...]
    seats: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.names[0]

    def spellings(self) -> Iterator[str]:
        """All of them, the plurals of adjectives with them: "Afghans"."""
        yield from self.names
        for adjective in self.adjectives:
            yield adjective
            if not adjective.endswith(_NO_PLURAL):
                yield f"{adjective}s"
        yield from self.seats


@cache
def countries() -> dict[str, Country]:
    """The country of each spelling."""
    found: dict[str, Country] = {}
    for line in _TABLE.strip().splitlines():
        names, adjectives, seats = (tuple(filter(None, map(str.strip, part.split(",")))) for part in line.split("|"))
        country = Country(names, adjectives, seats)
        found.update(dict.fromkeys(country.spellings(), country))
    return found
