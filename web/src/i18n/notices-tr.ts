import { joined, type Params, type Words } from "./notices";

const SIDE: Params = { BUY: "alış", SELL: "satış" };
const WITHDRAWAL: Params = { PENDING: "alındı", APPROVED: "onaylandı", PROCESSING: "işleniyor", COMPLETED: "tamamlandı", REJECTED: "reddedildi", FAILED: "gerçekleşmedi; tutar hesabınıza döndü", CANCELLED: "iptal edildi" };
const REASON: Params = { SELF_TRADE_PREVENTION: "kendi emrinizle eşleşecekti", CANCEL_ALL_AFTER: "bağlantınız kesildi", NO_LIQUIDITY: "defterde karşı emir yoktu", INSUFFICIENT_FUNDS: "bakiye yetmedi", IOC: "kalanı hemen gerçekleşemedi", FOK: "tamamı gerçekleşemedi" };
const from = (p: Params) => p.ip_address && `Adres: ${p.ip_address}.`;
const not = "Siz yapmadıysanız şifrenizi hemen değiştirin ve bize yazın.";
const order = (p: Params) => `${p.symbol} ${SIDE[p.side ?? ""] ?? ""} emriniz`.replace("  ", " ");
const filled = (p: Params) => p.filled_quantity && `Gerçekleşen: ${p.filled_quantity ?? "—"}.`;

const words: Words = {
  account_locked: (p) => ["Hesabınız geçici olarak kilitlendi", joined(`Art arda hatalı şifre girildi; ${p.locked_until ?? ""} zamanına kadar giriş yapılamaz.`, from(p))],
  confirmation_locked: (p) => ["Şifre onayı durduruldu", joined(`Art arda hatalı şifre girildi; ${p.locked_until ?? ""} zamanına kadar şifre onayı alınmaz.`, from(p))],
  second_factor_locked: (p) => ["Kod girişi durduruldu", joined(`Art arda hatalı kod girildi; ${p.locked_until ?? ""} zamanına kadar kod kabul edilmez.`, from(p))],
  password_changed: (p) => ["Şifreniz değişti", joined("Tüm oturumlar kapandı; 24 saat para çekilemez.", from(p), not)],
  api_keys_suspended: (p) => ["API anahtarlarınız askıya alındı", `Şifreniz değiştiği için ${p.count ?? ""} anahtar askıda. Bildiklerinizi yeniden etkinleştirin.`],
  api_key_resumed: (p) => ["Bir API anahtarı yeniden etkin", joined(`“${p.label ?? ""}”.`, not)],
  api_key_created: (p) => ["Yeni bir API anahtarı oluşturuldu", joined(`“${p.label ?? ""}”, yetkiler: ${p.scopes ?? "—"}.`, not)],
  session_reuse: (p) => ["Bir oturum güvenlik için kapatıldı", joined("Kullanılmış bir oturum anahtarı yeniden kullanıldı.", from(p))],
  two_factor_enabled: () => ["İki adımlı doğrulama açıldı", "24 saat para çekilemez."],
  two_factor_disabled: () => ["İki adımlı doğrulama kapatıldı", joined("24 saat para çekilemez.", not)],
  backup_code_used: (p) => ["Bir yedek kod kullanıldı", joined(`Kalan yedek kod: ${p.remaining ?? "—"}.`, not)],
  email_change_asked: (p) => ["E-posta değişikliği istendi", joined(`Yeni adres: ${p.new_email ?? "—"}.`, from(p), not)],
  email_changed: (p) => ["E-posta adresiniz değişti", joined(`Yeni adres: ${p.new_email ?? "—"}.`, from(p), not)],
  device_trusted: (p) => ["Bir cihaza güvenildi", joined(p.device && `${p.device}.`, from(p), not)],
  bank_account_added: (p) => ["Banka hesabı eklendi", joined(`${p.bank_name ?? ""} ${p.iban ?? ""}.`, not)],
  address_added: (p) => ["Yeni çekim adresi", joined(`${p.currency ?? ""}${p.network ? ` (${p.network})` : ""} için “${p.label ?? ""}”: ${p.address ?? "—"}. E-postadaki bağlantıyla onaylanınca 24 saat sonra kullanılabilir.`, not)],
  kyc_approved: (p) => ["Kimliğiniz onaylandı", `Kimlik seviyeniz: ${p.level ?? "—"}. Yeni limitleriniz geçerli.`],
  kyc_rejected: (p) => ["Kimlik başvurunuz onaylanmadı", joined(p.reason && `${p.reason}.`, "Nedeni kimlik sayfasında; düzeltip yeniden başvurabilirsiniz.")],
  deposit_detected: (p) => ["Yatırmanız görüldü", `${p.sum ?? ""} onaylardan sonra hesabınıza geçer.`],
  deposit_credited: (p) => ["Yatırmanız tamamlandı", `${p.sum ?? ""} hesabınızda.`],
  deposit_held: (p) => ["Yatırmanız inceleniyor", `${p.sum ?? ""} kendiliğinden işlenemedi; ekibimiz inceliyor.`],
  deposit_returned: (p) => ["Yatırmanız iade edildi", `${p.sum ?? ""} gönderene döndü.`],
  deposit_reversed: (p) => ["Yatırmanız ağda geçersiz oldu", `${p.sum ?? ""} artık zincirde yok; çözülene kadar çekilemez.`],
  withdrawal_requested: (p) => ["Çekim isteğiniz alındı", joined(`${p.sum ?? ""}, hedef: ${p.destination ?? "—"}${p.network ? ` (${p.network})` : ""}.`, not)],
  withdrawal_status: (p) => ["Çekiminiz hakkında", `${p.sum ?? ""} çekiminiz ${WITHDRAWAL[p.status ?? ""] ?? p.status ?? ""}.`],
  order_filled: (p) => ["Emriniz gerçekleşti", `${order(p)}: ${p.quantity ?? "—"}, ortalama ${p.price ?? "—"}.`],
  order_triggered: (p) => ["Emriniz tetiklendi", `${order(p)} tetik fiyatına ulaştı.`],
  order_expired: (p) => ["Emrinizin süresi doldu", joined(`${order(p)} süresi dolduğu için kapandı.`, filled(p))],
  order_cancelled: (p) => ["Emriniz iptal edildi", joined(`${order(p)} iptal edildi${REASON[p.reason ?? ""] ? `: ${REASON[p.reason ?? ""]}` : ""}.`, filled(p))],
  market_halted: (p) => ["İşlemler durduruldu", `${p.symbol} durduruldu; ${p.orders ?? ""} açık emriniz iptal edildi, bakiyesi serbest.`],
  price_alert: (p) => ["Fiyat alarmı", `${p.symbol} ${p.price ?? "—"} ${p.condition === "BELOW" ? "altına indi" : "üzerine çıktı"}. Son fiyat: ${p.last_price ?? "—"}.`],
};

export default words;
