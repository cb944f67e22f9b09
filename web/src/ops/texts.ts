// Words of the back office, in both languages; they are not part of the trader's pages.
import { signal } from "@preact/signals";
import type { Lang } from "../i18n/texts";

const tr = {
  title: "Operasyon", backToSite: "Borsaya dön", notStaff: "Bu bölüm destek ve yönetici rolleri içindir.", readOnly: "Destek rolü: yalnız okuma",
  tabs: { users: "Kullanıcılar", kyc: "Kimlik başvuruları", withdrawals: "Çekimler", reconciliation: "Mutabakat", markets: "Piyasalar", audit: "Denetim kaydı" },
  reason: "Gerekçe (zorunlu)", apply: "Uygula", change: "Değiştir", old: "Şimdi", next: "Yeni", none: "Kayıt yok.", more: "Daha fazla",
  email: "E-posta", user: "Kullanıcı", roles: "Roller", tier: "Seviye", status: "Durum", level: "Kimlik", limits: "İşlem limitleri", openOrders: "Açık emirler", audit: "Denetim",
  statuses: { ACTIVE: "Etkin", SUSPENDED: "Askıda", LOCKED: "Kilitli", CLOSED: "Kapalı", PENDING: "Bekliyor" } as Record<string, string>,
  applicant: "Başvuran", born: "Doğum tarihi", tc: "T.C. kimlik no", phone: "Telefon", approve: "Onayla", reject: "Reddet", duplicate: "Bu kimlik numarası başka bir hesapta da var!", view: "İncele", pictures: "Belgeler", approveAsk: "Başvuru onaylanacak.",
  amount: "Tutar", destination: "Hedef", risks: "Riskler", created: "Tarih", waiting: "Onay bekleyen", all: "Tümü",
  source: "Kaynak", nature: "Tür", proposals: "Öneriler", propose: "Öner", action: "İşlem", resolve: "Yürüt", actions: { CREDIT: "Hesaba geçir", CHARGE: "Hesaptan al", RETURN: "İade et", WRITE_OFF: "Kapat" } as Record<string, string>, returned: "İade edildi", reference: "Dekont no", report: "Bildirilen",
  symbol: "Parite", setStatus: "Durumu değiştir", rules: "Kurallar", breaker: "Devre kesici", trip: "Tetikle", reset: "Kaldır", haltAll: "TÜM piyasaları durdur", resumeAll: "Tümünü aç", typeToConfirm: (word: string) => `Onaylamak için ${word} yazın`, diff: "Değişiklik", fieldNames: { tick_size: "Fiyat adımı", lot_size: "Miktar adımı", quantity_min: "En az miktar", quantity_max: "En çok miktar", notional_min: "En az tutar", price_band_bps: "Fiyat bandı (bps)", breaker_bps: "Devre kesici (bps)", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)" } as Record<string, string>,
  name: "Ad soyad", searchBy: "Arama alanı", since: "Şu andan", until: "Şu ana kadar",
  time: "Zaman", actor: "Yapan", what: "İşlem", resource: "Kaynak", result: "Sonuç",
  secondFactorNote: "Değişiklikler son beş dakikada gösterilmiş ikinci adımı ister.",
};

const en: typeof tr = {
  title: "Operations", backToSite: "Back to the exchange", notStaff: "This part is for the support and administrator roles.", readOnly: "Support role: reading only",
  tabs: { users: "Users", kyc: "Identity applications", withdrawals: "Withdrawals", reconciliation: "Reconciliation", markets: "Markets", audit: "Audit log" },
  reason: "Reason (required)", apply: "Apply", change: "Change", old: "Now", next: "New", none: "Nothing here.", more: "More",
  email: "E-mail", user: "User", roles: "Roles", tier: "Tier", status: "Status", level: "Identity", limits: "Trading limits", openOrders: "Open orders", audit: "Audit",
  statuses: { ACTIVE: "Active", SUSPENDED: "Suspended", LOCKED: "Locked", CLOSED: "Closed", PENDING: "Pending" },
  applicant: "Applicant", born: "Date of birth", tc: "T.C. identity number", phone: "Phone", approve: "Approve", reject: "Reject", duplicate: "This identity number is on another account too!", view: "Review", pictures: "Documents", approveAsk: "The application will be approved.",
  amount: "Amount", destination: "Destination", risks: "Risks", created: "Date", waiting: "Waiting for approval", all: "All",
  source: "Source", nature: "Nature", proposals: "Proposals", propose: "Propose", action: "Action", resolve: "Carry out", actions: { CREDIT: "Credit", CHARGE: "Charge", RETURN: "Return", WRITE_OFF: "Write off" }, returned: "Returned", reference: "Receipt", report: "Reported",
  symbol: "Pair", setStatus: "Change status", rules: "Rules", breaker: "Circuit breaker", trip: "Trip", reset: "Reset", haltAll: "Halt ALL markets", resumeAll: "Resume all", typeToConfirm: (word) => `Type ${word} to confirm`, diff: "Change", fieldNames: { tick_size: "Price step", lot_size: "Amount step", quantity_min: "Least amount", quantity_max: "Most amount", notional_min: "Least value", price_band_bps: "Price band (bps)", breaker_bps: "Breaker (bps)", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)" },
  name: "Name", searchBy: "Search by", since: "From", until: "Until",
  time: "Time", actor: "Actor", what: "Action", resource: "Resource", result: "Result",
  secondFactorNote: "Changes ask for a second factor shown in the last five minutes.",
};

export const words = signal<typeof tr>(tr);

export function speakOffice(lang: Lang): void {
  words.value = lang === "tr" ? tr : en;
}
