"""Words that people in Turkey make passwords of, most frequent kinds first, without Turkish letters: what the library's English lists lack.

Collected for this project from general knowledge (cities and their traffic codes, clubs and their years, first names, everyday words); no list of
anybody else is part of it.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
sifre sifrem parola parolam giris hesap hesabim kullanici yonetici misafir deneme deneme123 merhaba selam gunaydin kripto borsa bitcoin para param
banka bankam cuzdan altin dolar euro lira turkiye turkiyem turk turkler turkum vatan millet bayrak ataturk mustafakemal kemalataturk cumhuriyet
galatasaray galatasarayli cimbom aslan fenerbahce fenerbahceli fener kanarya besiktas besiktasli kartal karakartal trabzonspor trabzon firtina
bursaspor goztepe sampiyon sampiyonluk futbol ultraslan carsi
seniseviyorum seniseviyom seviyorum askim askimsin canim canimsin bebegim bitanem birtanem hayatim sevgilim sevgi ask annem babam anne baba
annecim babacim kardesim kizim oglum ailem guzel guzelim guzelsin melek melegim prenses kelebek papatya menekse lale gul yildiz gunes deniz
ay ayisigi bulut gokyuzu yagmur kar toprak cicek cicegim bahar yaz kis sonbahar mavi kirmizi siyah beyaz yesil sari
allah allahim bismillah muhammed masallah insallah elhamdulillah sukur kuran islam ramazan bayram mekke medine
istanbul ankara izmir bursa antalya adana konya gaziantep sanliurfa kocaeli mersin diyarbakir hatay manisa kayseri samsun balikesir kahramanmaras
van aydin tekirdag sakarya denizli mugla eskisehir mardin malatya trabzon ordu erzurum afyon afyonkarahisar adiyaman sivas batman tokat zonguldak
elazig kutahya osmaniye canakkale sirnak corum agri giresun isparta aksaray yozgat edirne duzce mus kastamonu usak kirklareli nigde bitlis amasya
rize siirt bolu nevsehir bingol kars hakkari kirikkale burdur karaman karabuk erzincan yalova kirsehir bilecik sinop igdir bartin artvin gumushane
cankiri ardahan kilis tunceli bayburt kadikoy uskudar besiktas sisli taksim bakirkoy
mehmet mustafa ahmet ali huseyin hasan ibrahim ismail osman yusuf murat omer ramazan halil suleyman abdullah mahmut recep salih fatih kadir emre
hakan adem kemal yasar bekir musa metin orhan serkan onur burak emrah yunus ufuk ugur umut okan volkan tolga tuncay cem can cenk kaan kerem mert
berk berkay baris eren efe arda alp alperen deniz doruk ege furkan gokhan ilker koray levent oguz oguzhan ozan ozgur selim sinan tarik taner yigit
fatma ayse emine hatice zeynep elif meryem serife zehra sultan hanife merve havva zeliha esra fadime ozlem hacer melek yasemin hulya cemile sevim
gulsum leyla dilek busra aysel songul kubra halime esma aynur hava kader tugba rabia sevgi filiz seda selma betul gamze derya ebru pinar burcu
asli aylin aysegul beyza ceren damla defne dilara ece eda ekin ela emel feride gizem gozde gul gulay hande ilayda irem melis nazli nehir nur pelin
selin sena simge sude tugce yaren zeynepnur
yilmaz kaya demir celik sahin yildirim yildiz ozturk aydin ozdemir arslan dogan kilic aslan cetin kara koc kurt ozkan simsek polat korkmaz
bilgisayar telefon internet muzik futbolcu ogretmen doktor asker polis avukat muhendis ogrenci okul universite lise kitap kalem masa araba motor
kedi kedim kopek kopegim pamuk boncuk minnos karabas tekir kurtlarvadisi ezel leyla mecnun
qwerty qwertyuiop qwertyuiopgu asdfgh asdfghjkl asdfghjklsi zxcvbn zxcvbnm 1q2w3e4r 1qaz2wsx 123456 12345678 123456789 1234567890 111111 000000
"""
WORDS: Final = tuple(dict.fromkeys(_WORDS.split()))
"""Each once, in the order of the list."""
