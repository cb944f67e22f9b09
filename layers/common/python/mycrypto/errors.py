"""The one error catalogue: every code that a client may see, with its HTTP status and texts.

Problems on the wire are RFC 9457 ``application/problem+json`` with the members type, title, status, detail, instance, code, message
(Turkish, for the user), errors (per field, with a code and its figures) and trace_id, plus the figures of the case (required, available, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from mycrypto import field_faults

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "https://docs.mycrypto.example/problems/"


class ErrorKind(msgspec.Struct, frozen=True):
    """One row of the catalogue."""

    code: str
    status: int
    title: str
    message: str


_ROWS: Final = (
    # requests in general
    ErrorKind("VALIDATION_ERROR", 400, "The request is not valid", "Gönderilen bilgiler geçersiz."),
    ErrorKind("UNAUTHORIZED", 401, "Authentication is required", "Oturum açmanız gerekiyor."),
    ErrorKind("INVALID_TOKEN", 401, "The token is invalid or expired", "Oturumunuz geçersiz veya süresi dolmuş."),
    ErrorKind("SIGNATURE_VERSION", 401, "The request is signed in a form that is not accepted", "İstek imzasının biçimi desteklenmiyor."),
    ErrorKind("FORBIDDEN", 403, "Not allowed", "Bu işlem için yetkiniz yok."),
    ErrorKind("NOT_FOUND", 404, "Not found", "Aradığınız kayıt bulunamadı."),
    ErrorKind("METHOD_NOT_ALLOWED", 405, "Method not allowed", "Bu yöntem desteklenmiyor."),
    ErrorKind("PAYLOAD_TOO_LARGE", 413, "The request is too large", "İstek çok büyük."),
    ErrorKind("UNSUPPORTED_MEDIA_TYPE", 415, "The content type must be application/json", "İçerik türü desteklenmiyor."),
    ErrorKind("UPGRADE_REQUIRED", 426, "A WebSocket is expected here", "Bu adres bir WebSocket bağlantısı bekliyor."),
    ErrorKind("RATE_LIMIT_EXCEEDED", 429, "Too many requests", "Çok fazla istek gönderdiniz. Lütfen bekleyin."),
    ErrorKind("INTERNAL_ERROR", 500, "Unexpected error", "Beklenmeyen bir hata oluştu."),
    ErrorKind("SERVICE_UNAVAILABLE", 503, "A part of the platform is not available", "Hizmet şu anda kullanılamıyor."),
    ErrorKind("OUTCOME_UNKNOWN", 504, "The outcome is not known yet", "İşlemin sonucu henüz bilinmiyor."),
    # accounts
    ErrorKind(
        "AUTH_001",
        401,
        "Invalid credentials",
        "E-posta veya şifre hatalı. Art arda hatalı denemelerde giriş bir süre kilitlenir; e-postanıza bakın.",
    ),
    ErrorKind("AUTH_002", 403, "E-mail address is not verified", "E-posta adresiniz doğrulanmamış."),
    ErrorKind("AUTH_003", 403, "Second factor required", "İki adımlı doğrulama gerekli."),
    ErrorKind(
        "AUTH_004",
        401,
        "Invalid second-factor code",
        "Doğrulama kodu hatalı. Art arda hatalı denemelerden sonra bir süre kod kabul edilmez.",
    ),
    ErrorKind("EMAIL_ALREADY_EXISTS", 409, "The e-mail address is already registered", "Bu e-posta adresi zaten kayıtlı."),
    ErrorKind("RECAPTCHA_FAILED", 403, "reCAPTCHA check failed", "Güvenlik doğrulaması başarısız."),
    ErrorKind("ACCOUNT_SUSPENDED", 403, "The account is suspended", "Hesabınız askıya alındı."),
    ErrorKind("ACCOUNT_NOT_EMPTY", 409, "The account still holds or moves money", "Hesapta bakiye, açık emir veya süren bir işlem var."),
    ErrorKind("VERIFICATION_TOKEN_INVALID", 400, "The verification token is invalid or expired", "Doğrulama bağlantısı geçersiz."),
    ErrorKind("RESET_TOKEN_INVALID", 400, "The reset token is invalid or expired", "Şifre sıfırlama bağlantısı geçersiz."),
    ErrorKind("2FA_ALREADY_ENABLED", 409, "The second factor is already on", "İki adımlı doğrulama zaten açık."),
    ErrorKind("2FA_NOT_ENABLED", 400, "The second factor is not on", "İki adımlı doğrulama açık değil."),
    ErrorKind("INVALID_2FA_CODE", 400, "Invalid second-factor code", "Doğrulama kodu hatalı."),
    ErrorKind("INVALID_SETUP_TOKEN", 400, "The setup token is invalid or expired", "Kurulum süresi dolmuş. Lütfen yeniden başlayın."),
    ErrorKind("INVALID_CHALLENGE", 401, "The challenge is invalid or expired", "Doğrulama süresi dolmuş. Lütfen yeniden giriş yapın."),
    ErrorKind("TOO_MANY_ATTEMPTS", 429, "Too many wrong codes", "Çok fazla hatalı deneme. Lütfen bekleyin."),
    ErrorKind("API_KEY_LIMIT", 409, "Too many API keys", "En fazla API anahtarı sayısına ulaştınız."),
    ErrorKind("KYC_ALREADY_SUBMITTED", 409, "An application is open or approved already", "Başvurunuz zaten var."),
    ErrorKind("KYC_CLAIMED", 409, "Another reviewer works on the application", "Başvuruyu başka bir yetkili inceliyor."),
    ErrorKind("KYC_NOT_OPEN", 409, "The application is not waiting for this", "Başvuru bu işleme uygun değil."),
    # wallet
    ErrorKind("WALLET_001", 400, "Insufficient balance", "Yetersiz bakiye."),
    ErrorKind("WALLET_002", 400, "Limit exceeded", "İşlem limiti aşıldı."),
    ErrorKind("WALLET_003", 400, "Invalid bank account", "Banka hesabı geçersiz."),
    ErrorKind("INVALID_AMOUNT", 400, "Invalid amount", "Tutar geçersiz."),
    ErrorKind("INVALID_IBAN", 400, "Invalid IBAN", "IBAN geçersiz."),
    ErrorKind("DUPLICATE_IBAN", 409, "The IBAN is already registered", "Bu IBAN zaten kayıtlı."),
    ErrorKind("KYC_REQUIRED", 403, "Identity verification required", "Kimlik doğrulaması gerekli."),
    ErrorKind("CURRENCY_NOT_SUPPORTED", 404, "The currency is not supported", "Para birimi desteklenmiyor."),
    ErrorKind("NETWORK_NOT_SUPPORTED", 404, "The network is not offered", "Bu ağ şu anda sunulmuyor."),
    ErrorKind("ACCOUNT_NOT_FOUND", 404, "Account not found", "Hesap bulunamadı."),
    ErrorKind("ADDRESS_NOT_FOUND", 404, "Address not found", "Adres bulunamadı."),
    ErrorKind("DUPLICATE_ADDRESS", 409, "The address is in the list already", "Bu adres zaten listenizde."),
    ErrorKind(
        "ADDRESS_HELD", 403, "The address is not usable yet", "Adres henüz kullanılamıyor. Onay iletisini ve 24 saatlik süreyi bekleyin."
    ),
    ErrorKind("ACCOUNT_HAS_PENDING_DEPOSITS", 400, "A deposit waits on this account", "Hesabı bekleyen bir yatırma işlemi kullanıyor."),
    ErrorKind("ACCOUNT_HAS_PENDING_WITHDRAWALS", 400, "A withdrawal to this account is under way", "Hesaba süren bir çekim işlemi var."),
    ErrorKind("ACCOUNT_NOT_VERIFIED", 403, "The bank account is not verified", "Banka hesabı henüz doğrulanmamış."),
    ErrorKind("WITHDRAWAL_NOT_FOUND", 404, "Withdrawal not found", "Çekim işlemi bulunamadı."),
    ErrorKind(
        "WITHDRAWALS_HELD",
        403,
        "Withdrawals wait after a change of the account's security",
        "Güvenlik nedeniyle para çekme şu anda kapalı.",
    ),
    ErrorKind("DEPOSITS_OVER_LIMIT", 403, "Deposits above the limit stay", "Limitinizi aşan yatırımlar için kimlik seviyenizi yükseltin."),
    ErrorKind("PRICE_UNAVAILABLE", 503, "There is no current price", "Güncel fiyat bulunamadı. Lütfen daha sonra deneyin."),
    ErrorKind("WITHDRAWAL_STATUS", 409, "The withdrawal is past this step", "Çekim işlemi bu adımı geçti."),
    ErrorKind("DEPOSIT_NOT_FOUND", 404, "Deposit not found", "Para yatırma işlemi bulunamadı."),
    ErrorKind("DEPOSIT_STATUS", 409, "The deposit is past this step", "Para yatırma işlemi bu adımı geçti."),
    ErrorKind(
        "WITHDRAWALS_BLOCKED", 403, "A reversed deposit blocks the withdrawal", "Geri dönen bir yatırma nedeniyle çekim yapılamıyor."
    ),
    ErrorKind("RECONCILIATION_NOT_FOUND", 404, "Reconciliation item not found", "Mutabakat kaydı bulunamadı."),
    ErrorKind("RECONCILIATION_STATUS", 409, "The item is not at this step", "Mutabakat kaydı bu adımda değil."),
    ErrorKind("ADJUSTMENT_NOT_FOUND", 404, "Adjustment not found", "Bakiye düzeltmesi bulunamadı."),
    ErrorKind("ADJUSTMENT_STATUS", 409, "The adjustment is not at this step", "Bakiye düzeltmesi bu adımda değil."),
    ErrorKind("PUBLICATION_NOT_FOUND", 404, "There is no such publication", "Böyle bir yayın bulunamadı."),
    ErrorKind("INVALID_WEBHOOK_SIGNATURE", 401, "The webhook signature is not valid", "İmza geçersiz."),
    # orders
    ErrorKind("ORDER_001", 400, "Invalid symbol", "İşlem çifti geçersiz."),
    ErrorKind("ORDER_002", 400, "Invalid price", "Fiyat geçersiz."),
    ErrorKind("ORDER_003", 404, "Order not found", "Emir bulunamadı."),
    ErrorKind("ORDER_004", 400, "The order is already final", "Emir artık değiştirilemez."),
    ErrorKind("TRADE_001", 500, "Matching engine error", "Eşleştirme motoru hatası."),
    ErrorKind(
        "COMMAND_FAILED",
        500,
        "The engine could not carry this out; nothing was changed",
        "İşlem gerçekleştirilemedi; hiçbir değişiklik yapılmadı.",
    ),
    ErrorKind("INVALID_QUANTITY", 400, "Invalid quantity", "Miktar geçersiz."),
    ErrorKind("INVALID_ORDER", 400, "The combination of order fields is not allowed", "Emir alanları birbiriyle uyumsuz."),
    ErrorKind("MIN_NOTIONAL", 400, "The order value is too small", "Emir tutarı alt sınırın altında."),
    ErrorKind("PRICE_BAND", 400, "The price is outside the band", "Fiyat izin verilen aralığın dışında."),
    ErrorKind("MARKET_CLOSED", 409, "The market is not open", "Piyasa kapalı."),
    ErrorKind("NO_LIQUIDITY", 409, "Nothing to trade with", "Karşı emir yok."),
    ErrorKind("POST_ONLY_WOULD_TRADE", 409, "The post-only order would trade", "Emir hemen eşleşeceği için reddedildi."),
    ErrorKind("STOP_PRICE_REACHED", 409, "The last price has reached the stop price", "Son fiyat tetikleme fiyatına ulaşmış."),
    ErrorKind("FOK_NOT_FILLABLE", 409, "The order cannot be filled whole", "Emir tamamen karşılanamıyor."),
    ErrorKind("SELF_TRADE_PREVENTION", 409, "The order would trade with your own", "Emir kendi emrinizle eşleşiyor."),
    ErrorKind("OPEN_ORDER_LIMIT", 409, "Too many open orders", "Açık emir sınırına ulaştınız."),
    ErrorKind("DAILY_VOLUME_LIMIT", 409, "Daily volume limit reached", "Günlük işlem hacmi sınırına ulaştınız."),
    ErrorKind("IDEMPOTENCY_CONFLICT", 409, "The id was used for something else", "Bu kimlik başka bir işlem için kullanılmış."),
    ErrorKind("ALERT_LIMIT", 409, "Too many price alerts", "En fazla fiyat alarmı sayısına ulaştınız."),
    ErrorKind("BATCH_TOO_LARGE", 400, "Too many items in the batch", "Toplu işlemde çok fazla öğe var."),
)

CATALOGUE: Final[Mapping[str, ErrorKind]] = {row.code: row for row in _ROWS}


_MEMBERS: Final = frozenset({"type", "title", "status", "instance", "code", "message", "trace_id"})
"""What a problem document says by itself; figures of a case have other names."""


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request. ``message`` is the end of a sentence that begins with the field's name."""

    field: str
    message: str

    def body(self, problem: str) -> dict[str, object]:
        """The members of one of the ``errors`` of a problem with the code ``problem``, which is also the field's where it says no more."""
        code, params = field_faults.read(self.message)
        return {"field": self.field, "message": self.message, "code": code or problem, "params": params}


class ProblemError(Exception):
    """A refusal with a code of the catalogue; turned into problem+json at the edge, in one place per server."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: str | int,
    ) -> None:
        if not _MEMBERS.isdisjoint(extra):
            raise TypeError(f"{code}: a figure must not take the place of {', '.join(_MEMBERS & extra.keys())}")
        self.kind = CATALOGUE[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra
        super().__init__(f"{code}: {detail or self.kind.title}")

    def body(self, *, instance: str = "", trace_id: str = "") -> dict[str, object]:
        """The members of the problem document."""
        members: dict[str, object] = {
            "type": TYPE_BASE + self.kind.code.lower().replace("_", "-"),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail or self.kind.title,
            "instance": instance,
            "code": self.kind.code,
            "message": self.kind.message,
            "errors": [item.body(self.kind.code) for item in self.errors],
            "trace_id": trace_id,
        }
        return members | self.extra


def invalid(field: str, message: str) -> ProblemError:
    """A VALIDATION_ERROR about one field."""
    return ProblemError("VALIDATION_ERROR", f"{field} {message}", errors=[FieldError(field, message)])
