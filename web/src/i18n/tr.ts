// Turkish, the first language of the page. Other languages have the same keys (see Texts).
import { account } from "./tr-account";

const tr = {
  brand: "MyCrypto",
  nav: { markets: "Piyasalar", trade: "Al-Sat", convert: "Kolay al", wallet: "Cüzdan", orders: "Emirler", alerts: "Alarmlar", account: "Hesap", ops: "Operasyon", main: "Ana menü", skip: "İçeriğe geç", menu: "Menü" },
  common: {
    login: "Giriş yap", logout: "Çıkış yap", register: "Kayıt ol", cancel: "Vazgeç", confirm: "Onayla", close: "Kapat", save: "Kaydet", delete: "Sil", retry: "Yeniden dene", copy: "Kopyala", copied: "Kopyalandı", more: "Daha fazla",
    search: "Ara", loading: "Yükleniyor…", all: "Tümü", yes: "Evet", no: "Hayır", back: "Geri", next: "Devam", optional: "isteğe bağlı", none: "Yok", from: "Başlangıç", to: "Bitiş", date: "Tarih", status: "Durum", type: "Tür", amount: "Tutar", details: "Ayrıntı", reload: "Yenile", reason: "Neden", total: "Toplam",
    darkTheme: "Koyu tema", lightTheme: "Açık tema", language: "English", otherLang: "Dili İngilizceye çevir", notFound: "Bu sayfa yok.", home: "Piyasalara git", show: "Göster", hide: "Gizle",
    traceId: "İz kimliği", needLogin: "Bu sayfa için giriş yapın.", zone: (name: string) => `Saat dilimi: ${name}`, download: "CSV indir",
  },
  live: {
    live: "Canlı", connecting: "Bağlanıyor…", stale: "Veri eski", lost: "Bağlantı koptu", since: (text: string) => `Son veri: ${text}`,
    staleBook: (text: string) => `Bu defter canlı değil. Son veri ${text}. Yeniden bağlanılıyor…`, waiting: "Emir defteri bekleniyor…",
    offline: "Sunucuya ulaşılamıyor. Gördükleriniz güncel olmayabilir; yeniden bağlanılıyor.", staleConfirm: "Fiyatlar şu anda canlı değil. Emri yine de göndermek istiyor musunuz?",
    newVersion: "Uygulamanın yeni sürümü var.", clock: (text: string) => `Bu cihazın saati ${text} sapıyor.`,
  },
  error: { title: "Bir şeyler ters gitti", panel: "Bu bölüm gösterilemiyor.", unknown: "İşlemin sonucu bilinmiyor; durumu soruluyor.", wait: (seconds: number) => `${seconds} sn sonra yeniden deneyin.`, required: (amount: string) => `Gereken: ${amount}`, available: (amount: string) => `Kullanılabilir: ${amount}`, lowest: (amount: string) => `En düşük: ${amount}`, highest: (amount: string) => `En yüksek: ${amount}`, field: "Bu alanı düzeltin." },
  auth: {
    loginTitle: "Hesabınıza girin", email: "E-posta", password: "Şifre", forgot: "Şifremi unuttum", noAccount: "Hesabınız yok mu?", haveAccount: "Hesabınız var mı?", registerTitle: "Hesap açın",
    passwordRules: "En az 8 karakter: büyük ve küçük harf, rakam ve @ $ ! % * ? & işaretlerinden biri.", terms: "Kullanım koşullarını kabul ediyorum.", kvkk: "KVKK aydınlatma metnini okudum, onaylıyorum.", mustAccept: "Devam etmek için iki onay da gereklidir.",
    checkMail: "E-postanızı kontrol edin", checkMailText: (email: string) => `${email} adresine bir doğrulama bağlantısı gönderdik. Bağlantıyı açınca hesabınız hazır olur.`, resend: "E-postayı yeniden gönder", resent: "Gönderildi.",
    verifying: "E-posta doğrulanıyor…", verified: "E-posta adresiniz doğrulandı", verifiedText: "Artık giriş yapabilirsiniz.", code: "Doğrulama kodu", codeHint: "Kimlik doğrulama uygulamasındaki 6 hane ya da bir yedek kod", secondTitle: "İki adımlı doğrulama", stepUp: "Bu işlem için doğrulama kodunuzu bir kez daha girin.",
    trustDevice: "Bu cihaza 30 gün güven", emailChangeTitle: "E-posta değişikliği", emailChanged: "E-posta adresiniz değişti. Yeni adresinizle giriş yapın.", emailChangeOther: "Onaylandı. Değişiklik, öbür adresteki bağlantı da açılınca geçerli olur.", addressTitle: "Çekim adresi", addressConfirmed: "Adres onaylandı; 24 saat sonra kullanılabilir.",
    resetTitle: "Şifre sıfırlama", resetText: "E-posta adresinizi yazın; sıfırlama bağlantısı gönderelim.", resetSend: "Bağlantı gönder", resetSent: "Böyle bir hesap varsa bağlantı gönderildi.", newPassword: "Yeni şifre", repeatPassword: "Yeni şifre (tekrar)", resetDone: "Şifreniz değişti. Giriş yapabilirsiniz.", mismatch: "Şifreler aynı değil.",
    localMail: "Bu makinede: e-postalar burada", pitch: "Türk lirasıyla kripto al, sat, sakla.", pitchText: "Canlı emir defteri, düşük komisyon, her kuruşu hesaplanan bir defter.", pitch1: "Yedi emir türü: limitten takip eden stopa", pitch2: "İki adımlı doğrulama ve adres kısıtlamalı API anahtarları", pitch3: "Deneme moduyla risksiz öğrenin",
    showPassword: "Şifreyi göster", hidePassword: "Şifreyi gizle",
  },
  markets: {
    title: "Piyasalar", lead: "Canlı fiyatlar, gerçek emir defterleri.", symbol: "Parite", last: "Son fiyat", change: "24s değişim", high: "24s yüksek", low: "24s düşük", volume: "24s hacim", favourite: "Favorilere ekle", unfavourite: "Favorilerden çıkar", favourites: "Favoriler", trade: "İşlem yap", noTrades: "İşlem yok", none: "Eşleşen parite yok.", noFavourites: "Yıldıza basarak favori ekleyin.", trend: "Son saatler",
    hintTitle: "Bu makinede yeni misiniz?", hintText: "Deneme modunda 1.000.000 TRY ve 100.000 USDT oyun parasıyla hemen işlem yapın ya da kendinize para gönderin:", hintPaper: "Deneme modunu aç", hintMail: "E-posta kutusu", hintBoard: "Panolar", hintApi: "API belgeleri", hintTraffic: "Piyasayı canlandırmak için:",
  },
  status: { ACTIVE: "Açık", HALTED: "Durduruldu", MAINTENANCE: "Bakımda", DELISTED: "Listeden çıktı", AUCTION: "Açık artırma" } as Record<string, string>,
  halted: (reason: string, until: string) => `İşlemler durduruldu${reason ? `: ${reason}` : ""}${until ? `. Tahmini açılış: ${until}` : "."}`,
  trade: {
    book: "Emir defteri", trades: "İşlemler", depth: "Derinlik", chart: "Grafik", form: "Emir ver", price: "Fiyat", quantity: "Miktar", sum: "Toplam", value: "Tutar", time: "Saat", spread: "Makas", grouping: "Gruplama", average: "Ortalama", mine: "emriniz", empty: "Defterde emir yok.", bids: "Alış emirleri", asks: "Satış emirleri", best: "En iyi fiyatları oku", bestText: (bid: string, ask: string) => `En iyi alış ${bid}, en iyi satış ${ask}`,
    buy: "Al", sell: "Sat", buyAsset: (asset: string) => `${asset} al`, sellAsset: (asset: string) => `${asset} sat`, practice: "DENEME", side: "Yön", available: "Kullanılabilir", deposit: "Para yatır",
    types: { LIMIT: "Limit", MARKET: "Piyasa", STOP: "Stop", STOP_LIMIT: "Stop limit", TAKE_PROFIT: "Kâr al", TAKE_PROFIT_LIMIT: "Kâr al limit", TRAILING_STOP: "Takip eden stop" } as Record<string, string>,
    typeHelp: {
      LIMIT: "Belirlediğiniz fiyattan ya da daha iyisinden gerçekleşir.", MARKET: "Defterdeki en iyi fiyatlardan hemen gerçekleşir.", STOP: "Fiyat tetiğe gelince piyasa emri olur.", STOP_LIMIT: "Fiyat tetiğe gelince limit emri olur.", TAKE_PROFIT: "Fiyat hedefe gelince piyasa emri olur.", TAKE_PROFIT_LIMIT: "Fiyat hedefe gelince limit emri olur.", TRAILING_STOP: "Fiyatı verdiğiniz uzaklıktan izler, dönünce piyasa emri olur.",
    } as Record<string, string>,
    limitPrice: "Limit fiyatı", stopPrice: "Tetik fiyatı", trail: "Takip uzaklığı (%)", activation: "Başlangıç fiyatı", tif: "Geçerlilik", tifs: { GTC: "İptale kadar", IOC: "Kalanı iptal et (IOC)", FOK: "Tamamı ya da hiç (FOK)", DAY: "Gün sonuna kadar", GTD: "Tarihe kadar" } as Record<string, string>, expires: "Bitiş zamanı", postOnly: "Yalnız deftere yaz (maker)", iceberg: "Görünen miktar (buzdağı)", advanced: "Gelişmiş", byQuote: (asset: string) => `${asset} tutarıyla`, byBase: (asset: string) => `${asset} miktarıyla`,
    cost: "Tutar", fee: "Komisyon", lock: "Bloke edilecek", receive: "Elinize geçecek", atLeast: "en az", averageFill: "Ortalama fiyat", slippage: "Kayma", band: "Fiyat aralığı", last: "Son fiyat", bestAsk: "En iyi satış", percentOf: (percent: number) => `Bakiyenin %${percent}'i`, makerTaker: "Maker / taker", read: (text: string) => `Okunan: ${text}`,
    errPrice: "Geçerli bir fiyat girin.", errQuantity: "Geçerli bir miktar girin.", errTick: (step: string) => `Fiyat adımı ${step}.`, errLot: (step: string) => `Miktar adımı ${step}.`, errMin: (text: string) => `En az ${text}.`, errMax: (text: string) => `En çok ${text}.`, errFunds: "Bakiye yetersiz.", errTrail: "Yüzde 0,01 ile 99,99 arasında girin.", errExpires: "Gelecekte bir zaman seçin.", errNotional: (text: string) => `Emir tutarı en az ${text} olmalı.`, errDry: "Defterde bu kadar emir yok.",
    confirmTitle: "Emri gözden geçirin", farPrice: (text: string) => `Fiyat, son fiyattan ${text} uzak.`, bigSlippage: (text: string) => `Tahmini kayma ${text}.`, sent: "Emir alındı", filled: "Emir gerçekleşti", partly: "Emrin bir kısmı gerçekleşti", cancelled: "Emir iptal edildi", rejected: "Emir reddedildi", loginToTrade: "İşlem için giriş yapın", tryPaper: "ya da deneme modunu açın", unsupported: "Deneme modunda bu emir türü yok.", checking: "Sonuç sorgulanıyor…", sending: "Gönderiliyor…",
    open: "Açık emirler", history: "Emir geçmişi", fills: "İşlemlerim", balances: "Bakiyeler", positions: "Pozisyonlar", filledPart: "Gerçekleşen", trigger: "Tetik", cancelOrder: "İptal", cancelAll: "Tümünü iptal et", cancelAllAsk: "Bu paritedeki tüm açık emirler iptal edilecek.", amend: "Değiştir", amendTitle: "Emri değiştir", remaining: "Kalan", noOpen: "Açık emriniz yok.", noHistory: "Henüz emriniz yok.", noFills: "Henüz işleminiz yok.", noBalances: "Bakiyeniz yok.", noPositions: "Pozisyonunuz yok.", entry: "Ortalama maliyet", pnl: "Kâr/zarar", realized: "Gerçekleşen K/Z", role: "Rol", maker: "Maker", taker: "Taker", asset: "Varlık", locked: "Emirde", thisSymbol: "Yalnız bu parite",
    statuses: { PENDING_TRIGGER: "Tetik bekliyor", TRIGGERED: "Tetiklendi", OPEN: "Açık", PARTIALLY_FILLED: "Kısmen gerçekleşti", FILLED: "Gerçekleşti", CANCELLED: "İptal", EXPIRED: "Süresi doldu", REJECTED: "Reddedildi" } as Record<string, string>,
    indicators: "Göstergeler", interval: "Aralık", utcDays: "Günlük mumlar UTC gününe göredir.", noCandles: "Bu aralıkta işlem yok.", byTradingView: "Grafik: TradingView", chartAbout: (symbol: string, price: string) => `${symbol} grafiği, son fiyat ${price}`,
    keys: "Kısayollar", keyList: [["/", "Parite ara"], ["B / S", "Al / Sat"], ["P", "Fiyat alanı"], ["Q", "Miktar alanı"], ["1–4", "Bakiyenin %25–100'ü"], ["G", "Gruplama"], ["Shift+X", "Tüm emirleri iptal et"], ["?", "Bu liste"]] as [string, string][], keysOn: "Kısayollar açık",
    paperOn: "Deneme modu: oyun parası, gerçek hiçbir şey hareket etmez.", paperOff: "Gerçek moda dön", paper: "Deneme", live: "Gerçek", mode: "Mod", paperReset: "Oyun parasını sıfırla", paperResetAsk: "Deneme emirleri iptal edilir, bakiye baştan başlar.", paperWait: "Deneme emirleri, piyasadaki gerçek işlemlerle gerçekleşir.",
  },
  convert: { title: "Kolay al-sat", lead: "Tutarı yazın, fiyatı görün, onaylayın.", pay: "Ödeyeceğiniz", get: "Alacağınız (tahmini)", price: "Birim fiyat, her şey dahil", limit: "En kötü fiyat", note: "Emir bu fiyattan daha kötüye gerçekleşmez; kalan kısım iptal edilir.", done: "İşlem tamamlandı", partly: "Bir kısmı gerçekleşti, kalan iptal edildi", nothing: "Fiyat değişti; hiçbir şey alınmadı. Yeniden deneyin.", noBook: "Şu anda karşı emir yok." },
  ...account,
};

export default tr;
export type Texts = typeof tr;
