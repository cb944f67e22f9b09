"""The mails in Turkish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.notifications.wording import Language, Template, turkish_number
from mycrypto.mail import MailKind

_HELD: Final = "Güvenliğiniz için hesabınızdan 24 saat boyunca para çekilemez."
_NOT_YOU: Final = "Bu işlemi siz yapmadıysanız lütfen hemen şifrenizi değiştirin ve destek ekibimize yazın."
_STATUS: Final = {
    "PENDING": "alındı",
    "APPROVED": "onaylandı",
    "PROCESSING": "işleniyor",
    "COMPLETED": "tamamlandı",
    "REJECTED": "reddedildi",
    "FAILED": "gerçekleştirilemedi; tutar hesabınıza iade edildi",
    "CANCELLED": "iptal edildi",
}
_CONDITION: Final = {"ABOVE": "üzerine çıktı", "BELOW": "altına indi"}
_SIDE: Final = {"BUY": "Alış", "SELL": "Satış"}

_TEMPLATES: Final[Mapping[MailKind, Template]] = {
    MailKind.VERIFY_EMAIL: Template(
        "E-posta adresinizi doğrulayın",
        (
            "MyCrypto'ya hoş geldiniz. Hesabınızı kullanmaya başlamak için e-posta adresinizi doğrulayın.",
            "Doğrulama kodunuz: {code}",
            "Bağlantı 24 saat geçerlidir ve yalnızca bir kez kullanılabilir. Bu kaydı siz yapmadıysanız bu iletiyi yok sayabilirsiniz.",
        ),
        "E-posta adresimi doğrula",
    ),
    MailKind.ACCOUNT_LOCKED: Template(
        "Hesabınız geçici olarak kilitlendi",
        (
            "Art arda hatalı şifre girişleri nedeniyle hesabınız {locked_until} zamanına kadar kilitlendi.",
            "Son deneme şu adresten yapıldı: {ip_address}",
            "Kilit süresince doğru şifre de kabul edilmez. Hemen giriş yapmak isterseniz şifrenizi sıfırlayın; kilit sıfırlamayla kalkar.",
            "Açık oturumlarınız etkilenmez. Bu denemeleri siz yapmadıysanız iki adımlı doğrulamayı açmanızı öneririz.",
        ),
    ),
    MailKind.CONFIRMATION_LOCKED: Template(
        "Şifre onayı geçici olarak durduruldu",
        (
            "Açık bir oturumunuzda art arda hatalı şifre girildi; bu oturumda şifre onayı {locked_until} zamanına kadar kabul edilmez.",
            "Son deneme şu adresten yapıldı: {ip_address}",
            "Bu denemeleri siz yapmadıysanız şifrenizi sıfırlayın; bütün oturumlarınız kapanır.",
        ),
    ),
    MailKind.SECOND_FACTOR_LOCKED: Template(
        "Doğrulama kodu girişi geçici olarak durduruldu",
        (
            "Art arda hatalı doğrulama kodu girildi; {locked_until} zamanına kadar hiçbir kod kabul edilmez.",
            "Son deneme şu adresten yapıldı: {ip_address}",
            "Bu denemeleri siz yapmadıysanız şifreniz başkasının elinde olabilir. Lütfen hemen şifrenizi değiştirin.",
        ),
    ),
    MailKind.PASSWORD_RESET: Template(
        "Şifre sıfırlama",
        (
            "Hesabınız için şifre sıfırlama isteği aldık. Yeni şifrenizi belirlemek için aşağıdaki bağlantıyı kullanın.",
            "Bağlantı 1 saat geçerlidir ve yalnızca bir kez kullanılabilir. Bu isteği siz yapmadıysanız bu iletiyi yok sayabilirsiniz.",
        ),
        "Şifremi sıfırla",
    ),
    MailKind.PASSWORD_RESET_SUCCESS: Template(
        "Şifreniz değiştirildi",
        ("Şifreniz değiştirildi ve tüm oturumlarınız kapatıldı. İşlem şu adresten yapıldı: {ip_address}", _HELD, _NOT_YOU),
    ),
    MailKind.API_KEYS_SUSPENDED: Template(
        "API anahtarlarınız durduruldu",
        (
            "Şifreniz değiştiği için API anahtarlarınız durduruldu (anahtar sayısı: {count}). Bu anahtarlarla artık işlem yapılamaz.",
            "Tanıdığınız anahtarları hesabınızdan yeni şifrenizle yeniden başlatabilir, tanımadıklarınızı silebilirsiniz.",
        ),
    ),
    MailKind.API_KEY_RESUMED: Template(
        "API anahtarı yeniden başlatıldı",
        ("\u201c{label}\u201d adlı API anahtarınız yeniden başlatıldı.", _NOT_YOU),
    ),
    MailKind.SESSION_REUSE: Template(
        "Oturumunuz güvenlik nedeniyle kapatıldı",
        (
            "Daha önce kullanılmış bir oturum anahtarı yeniden kullanılmak istendi ve oturum kapatıldı. İstek şu adresten geldi: {ip_address}",
            "Lütfen yeniden giriş yapın. Bu durum tekrarlanırsa şifrenizi değiştirin.",
        ),
    ),
    MailKind.TWO_FACTOR_ENABLED: Template("İki adımlı doğrulama açıldı", ("Hesabınızda iki adımlı doğrulama açıldı.", _HELD, _NOT_YOU)),
    MailKind.TWO_FACTOR_DISABLED: Template(
        "İki adımlı doğrulama kapatıldı", ("Hesabınızda iki adımlı doğrulama kapatıldı.", _HELD, _NOT_YOU)
    ),
    MailKind.EMAIL_CHANGE_OLD: Template(
        "E-posta değişikliğini onaylayın",
        (
            "Hesabınızın e-posta adresinin {new_email} olarak değiştirilmesi istendi. Değişiklik, iki adres de onaylayınca geçerli olur.",
            "İstek şu adresten geldi: {ip_address}. Bağlantı 24 saat geçerlidir.",
            _NOT_YOU,
        ),
        "Değişikliği onayla",
    ),
    MailKind.EMAIL_CHANGE_NEW: Template(
        "Yeni e-posta adresinizi onaylayın",
        (
            "Bu adres bir MyCrypto hesabının yeni e-posta adresi olarak yazıldı.",
            "Bağlantı 24 saat geçerlidir. Bunu siz istemediyseniz bu iletiyi yok sayabilirsiniz.",
        ),
        "Adresi onayla",
    ),
    MailKind.EMAIL_CHANGED: Template(
        "E-posta adresiniz değişti",
        (
            "Hesabınızın e-posta adresi artık {new_email} ve tüm oturumlarınız kapatıldı. İşlem şu adresten yapıldı: {ip_address}",
            _HELD,
            _NOT_YOU,
        ),
    ),
    MailKind.ACCOUNT_CLOSED: Template(
        "Hesabınız kapatıldı",
        (
            "Hesabınız isteğiniz üzerine kapatıldı ve kişisel verileriniz silindi. İstek şu adresten geldi: {ip_address}",
            "Kanunun saklamamızı istediği kayıtlar takma adla saklanır ve süresi dolunca silinir.",
        ),
    ),
    MailKind.DEVICE_TRUSTED: Template(
        "Bir cihaza güvenildi",
        (
            "Bu cihaz 30 gün boyunca doğrulama kodu sormadan giriş yapabilir: {device}",
            "İstek şu adresten geldi: {ip_address}. Cihazı hesabınızın güvenlik sayfasından silebilirsiniz.",
            _NOT_YOU,
        ),
    ),
    MailKind.BACKUP_CODE_USED: Template(
        "Yedek kod kullanıldı",
        ("Hesabınıza bir yedek kodla giriş yapıldı. Kalan yedek kod sayısı: {remaining}", _NOT_YOU),
    ),
    MailKind.API_KEY_CREATED: Template(
        "Yeni API anahtarı oluşturuldu",
        ("Hesabınız için \u201c{label}\u201d adlı yeni bir API anahtarı oluşturuldu. Yetkileri: {scopes}", _NOT_YOU),
    ),
    MailKind.BANK_ACCOUNT_ADDED: Template(
        "Yeni banka hesabı eklendi",
        ("Hesabınıza {bank_name} bankasındaki {iban} numaralı hesap eklendi.", _NOT_YOU),
    ),
    MailKind.KYC_APPROVED: Template(
        "Kimlik doğrulamanız onaylandı",
        ("Kimlik doğrulamanız onaylandı. Hesabınız artık {level}. seviyede ve yeni limitleriniz hemen geçerli.",),
    ),
    MailKind.KYC_REJECTED: Template(
        "Kimlik doğrulamanız tamamlanamadı",
        ("Kimlik doğrulama başvurunuz onaylanamadı. Gerekçe: {reason}", "Eksikleri giderip yeniden başvurabilirsiniz."),
    ),
    MailKind.DEPOSIT_DETECTED: Template(
        "Para yatırma işleminiz görüldü",
        ("{amount} {currency} tutarındaki yatırma işleminiz görüldü. Gerekli onaylardan sonra hesabınıza eklenecek.",),
    ),
    MailKind.DEPOSIT_CREDITED: Template(
        "Para yatırma işleminiz tamamlandı",
        ("{amount} {currency} hesabınıza eklendi ve kullanıma hazır.",),
    ),
    MailKind.DEPOSIT_HELD: Template(
        "Para yatırma işleminiz inceleniyor",
        (
            "{amount} {currency} tutarındaki yatırma bize ulaştı, ancak hesabınıza otomatik olarak eklenemedi. Ekibimiz inceliyor.",
            "Tutar güvendedir: inceleme sonunda hesabınıza eklenir veya gönderene iade edilir.",
        ),
    ),
    MailKind.DEPOSIT_RETURNED: Template(
        "Para yatırma işleminiz iade edildi",
        ("{amount} {currency} tutarındaki yatırma hesabınıza eklenemedi ve gönderene iade edildi.",),
    ),
    MailKind.DEPOSIT_REVERSED: Template(
        "Para yatırma işleminiz ağ tarafından geri alındı",
        (
            "Daha önce hesabınıza eklenen {amount} {currency} tutarındaki yatırma, blok zincirinde geçersiz hale geldi.",
            "Durum çözülene kadar bu tutar hesabınızdan çekilemez. İşlem ağda yeniden onaylanırsa kısıtlama kendiliğinden kalkar.",
        ),
    ),
    MailKind.WITHDRAWAL_REQUESTED: Template(
        "Para çekme talebiniz alındı",
        (
            "{amount} {currency} tutarındaki çekme talebiniz alındı. Gönderileceği yer: {destination}",
            "İşlem sonuçlanana kadar tutar hesabınızda blokede kalır. Onaylanmadan önce talebinizi iptal edebilirsiniz.",
            _NOT_YOU,
        ),
    ),
    MailKind.ADDRESS_CONFIRMATION: Template(
        "Yeni çekim adresini onaylayın",
        (
            "{currency} çekimleri için \u201c{label}\u201d adıyla yeni bir adres eklendi: {address}",
            "Adres, siz onayladıktan 24 saat sonra kullanılabilir. Bağlantı 24 saat geçerlidir.",
            _NOT_YOU,
        ),
        "Adresi onayla",
    ),
    MailKind.WITHDRAWAL_STATUS: Template(
        "Para çekme işleminiz hakkında",
        ("{amount} {currency} tutarındaki çekme işleminiz {status}.",),
    ),
    MailKind.ORDER_FILLED: Template(
        "Emriniz gerçekleşti",
        ("{symbol} emriniz gerçekleşti. İşlem: {side}, miktar: {quantity}, ortalama fiyat: {price}",),
    ),
    MailKind.MARKET_HALTED: Template(
        "İşlemler durduruldu",
        (
            "{symbol} piyasasında işlemler durduruldu. Bekleyen emirleriniz iptal edildi (emir sayısı: {orders}).",
            "Bu emirlerin bloke ettiği tutarlar yeniden kullanımınıza açıldı.",
        ),
    ),
    MailKind.PRICE_ALERT: Template(
        "Fiyat alarmı",
        ("{symbol} fiyatı, belirlediğiniz {price} düzeyinin {condition}. Son fiyat: {last_price}", "Bu alarm artık silindi."),
    ),
}

TURKISH: Final = Language(
    code="tr",
    greeting="Merhaba,",
    signature="MyCrypto ekibi",
    word="Güvenlik kelimeniz: {word}",
    templates=_TEMPLATES,
    status=_STATUS,
    condition=_CONDITION,
    side=_SIDE,
    number=turkish_number,
)
