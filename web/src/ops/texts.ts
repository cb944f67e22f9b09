// Words of the back office, in both languages; they are not part of the trader's pages.
import { signal } from "@preact/signals";
import type { Lang } from "../i18n/texts";

const tr = {
  title: "Operasyon", backToSite: "Borsaya dön", notStaff: "Bu bölüm destek ve yönetici rolleri içindir.", readOnly: "Destek rolü: yalnız okuma",
  tabs: { users: "Kullanıcılar", kyc: "Kimlik başvuruları", withdrawals: "Çekimler", reconciliation: "Mutabakat", adjustments: "Düzeltmeler", books: "Bilanço", markets: "Piyasalar", engine: "Motor", audit: "Denetim kaydı" },
  reason: "Gerekçe (zorunlu)", apply: "Uygula", change: "Değiştir", old: "Şimdi", next: "Yeni", none: "Kayıt yok.", more: "Daha fazla",
  email: "E-posta", user: "Kullanıcı", roles: "Roller", tier: "Seviye", status: "Durum", level: "Kimlik", limits: "İşlem limitleri", openOrders: "Açık emirler", audit: "Denetim",
  statuses: { ACTIVE: "Etkin", SUSPENDED: "Askıda", LOCKED: "Kilitli", CLOSED: "Kapalı", PENDING: "Bekliyor", PROPOSED: "Önerildi", APPROVED: "Onaylandı", APPLIED: "Uygulandı", REJECTED: "Reddedildi", FAILED: "Uygulanamadı" } as Record<string, string>,
  applicant: "Başvuran", born: "Doğum tarihi", tc: "T.C. kimlik no", phone: "Telefon", approve: "Onayla", reject: "Reddet", duplicate: "Bu kimlik numarası başka bir hesapta da var!", view: "İncele", pictures: "Belgeler", approveAsk: "Başvuru onaylanacak.",
  amount: "Tutar", destination: "Hedef", risks: "Riskler", created: "Tarih", waiting: "Onay bekleyen", all: "Tümü",
  source: "Kaynak", nature: "Tür", proposals: "Öneriler", propose: "Öner", action: "İşlem", resolve: "Yürüt", actions: { CREDIT: "Hesaba geçir", CHARGE: "Hesaptan al", RETURN: "İade et", WRITE_OFF: "Kapat" } as Record<string, string>, returned: "İade edildi", reference: "Dekont no", report: "Bildirilen",
  symbol: "Parite", setStatus: "Durumu değiştir", rules: "Kurallar", breaker: "Devre kesici", trip: "Tetikle", reset: "Kaldır", haltAll: "TÜM piyasaları durdur", resumeAll: "Tümünü aç", typeToConfirm: (word: string) => `Onaylamak için ${word} yazın`, diff: "Değişiklik", fieldNames: { tick_size: "Fiyat adımı", lot_size: "Miktar adımı", quantity_min: "En az miktar", quantity_max: "En çok miktar", notional_min: "En az tutar", price_band_bps: "Fiyat bandı (bps)", breaker_bps: "Devre kesici (bps)", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)" } as Record<string, string>,
  name: "Ad soyad", searchBy: "Arama alanı", since: "Şu andan", until: "Şu ana kadar",
  time: "Zaman", actor: "Yapan", what: "İşlem", resource: "Kaynak", result: "Sonuç",
  takeNext: "Sıradakini al", giveBack: "Geri bırak", closedIdentity: "Kapanan hesabın sahibi", recorded: "Bakıldığı kaydedilir.", closedAt: "Kapanış",
  changeLimits: "Limitleri değiştir", byDefault: "Platform değeri", emptyIsDefault: "Boş: platform değeri; 0: kapalı", limitNames: { open_orders_max: "Açık emir sınırı", open_orders_per_symbol_max: "Paritede açık emir sınırı", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)", daily_notional_max: "Günlük işlem tutarı", self_trade_prevention: "Kendiyle işlem", market_maker: "Piyasa yapıcı" } as Record<string, string>,
  adminsOnly: "Bu bölüm yalnız yöneticiler içindir.", reasonHead: "Gerekçe", currency: "Varlık", proposeAdjustment: "Bakiye düzeltmesi öner", twoPeople: "Başka bir yönetici onaylamadan hiçbir şey hareket etmez.", proposedBy: "Öneren", decidedBy: "Karar veren", yourself: "Siz", anotherDecides: "Kararı başka bir yönetici verir.",
  balanced: "Denk", unbalanced: "DENK DEĞİL", event: "olay", difference: "Fark", again: "Yenile", sides: { assets: "Varlıklar", owed: "Borçlar", own: "Kendi" },
  rulesVersion: "Eşleştirme kurallarının sürümü", inForce: "Yürürlükte", rulesForGood: "Eski bir sürüme dönülemez. Bütün motorlar yeni sürümü bilmelidir.", logTime: "Kayıt zamanı", doubted: "İnanılmayan zaman", nothingDoubted: "Yok", acceptTime: "İleri zamanı kabul et", timeForGood: "Bir kez geçerlidir ve geri alınamaz.",
  withdrawalReview: "Çekim", approvals: "Onaylar", payout: "Ödeme", attempts: "deneme", before: "Önceki çekimler", riskFacts: { completed_withdrawals: "Tamamlanan çekim", completed_to_this_destination: "Bu hedefe tamamlanan", deposited_24_h: "Yatırılan, 24 saat (TRY)", withdrawn_24_h: "Çekilen, 24 saat (TRY)", withdrawn_30_d: "Çekilen, 30 gün (TRY)", deposits_last_hour: "Son saatteki yatırma" },
  listNew: "Yeni parite",
  note: "Ek açıklama", identityCheck: "Nüfus kaydı", identityChecks: { WAITING: "Yanıt bekleniyor", MATCH: "Eşleşti", MISMATCH: "Eşleşmedi", UNANSWERED: "Yanıt alınamadı", NOT_ASKED: "Sorulmadı" } as Record<string, string>, rejectionCode: "Ret nedeni",
  rejections: { OTHER: "Diğer", UNREADABLE_DOCUMENT: "Belge okunamıyor", DATA_MISMATCH: "Bilgiler uyuşmuyor", POOR_PHOTO: "Fotoğraf yetersiz", EXPIRED_DOCUMENT: "Belgenin süresi dolmuş" } as Record<string, string>,
  secondFactorNote: "Değişiklikler son beş dakikada gösterilmiş ikinci adımı ister.",
};

const en: typeof tr = {
  title: "Operations", backToSite: "Back to the exchange", notStaff: "This part is for the support and administrator roles.", readOnly: "Support role: reading only",
  tabs: { users: "Users", kyc: "Identity applications", withdrawals: "Withdrawals", reconciliation: "Reconciliation", adjustments: "Adjustments", books: "Balance sheet", markets: "Markets", engine: "Engine", audit: "Audit log" },
  reason: "Reason (required)", apply: "Apply", change: "Change", old: "Now", next: "New", none: "Nothing here.", more: "More",
  email: "E-mail", user: "User", roles: "Roles", tier: "Tier", status: "Status", level: "Identity", limits: "Trading limits", openOrders: "Open orders", audit: "Audit",
  statuses: { ACTIVE: "Active", SUSPENDED: "Suspended", LOCKED: "Locked", CLOSED: "Closed", PENDING: "Pending", PROPOSED: "Proposed", APPROVED: "Approved", APPLIED: "Applied", REJECTED: "Rejected", FAILED: "Failed" },
  applicant: "Applicant", born: "Date of birth", tc: "T.C. identity number", phone: "Phone", approve: "Approve", reject: "Reject", duplicate: "This identity number is on another account too!", view: "Review", pictures: "Documents", approveAsk: "The application will be approved.",
  amount: "Amount", destination: "Destination", risks: "Risks", created: "Date", waiting: "Waiting for approval", all: "All",
  source: "Source", nature: "Nature", proposals: "Proposals", propose: "Propose", action: "Action", resolve: "Carry out", actions: { CREDIT: "Credit", CHARGE: "Charge", RETURN: "Return", WRITE_OFF: "Write off" }, returned: "Returned", reference: "Receipt", report: "Reported",
  symbol: "Pair", setStatus: "Change status", rules: "Rules", breaker: "Circuit breaker", trip: "Trip", reset: "Reset", haltAll: "Halt ALL markets", resumeAll: "Resume all", typeToConfirm: (word) => `Type ${word} to confirm`, diff: "Change", fieldNames: { tick_size: "Price step", lot_size: "Amount step", quantity_min: "Least amount", quantity_max: "Most amount", notional_min: "Least value", price_band_bps: "Price band (bps)", breaker_bps: "Breaker (bps)", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)" },
  name: "Name", searchBy: "Search by", since: "From", until: "Until",
  time: "Time", actor: "Actor", what: "Action", resource: "Resource", result: "Result",
  takeNext: "Take the next", giveBack: "Give back", closedIdentity: "Owner of the closed account", recorded: "Looking is recorded.", closedAt: "Closed",
  changeLimits: "Change limits", byDefault: "Platform's default", emptyIsDefault: "Empty: the platform's default; 0: off", limitNames: { open_orders_max: "Open orders at most", open_orders_per_symbol_max: "Open orders of a pair at most", maker_fee_ppm: "Maker (ppm)", taker_fee_ppm: "Taker (ppm)", daily_notional_max: "Traded value of a day", self_trade_prevention: "Self-trade prevention", market_maker: "Market maker" },
  adminsOnly: "This part is for administrators only.", reasonHead: "Reason", currency: "Asset", proposeAdjustment: "Propose a correction of a balance", twoPeople: "Nothing moves before another administrator approves it.", proposedBy: "Proposed by", decidedBy: "Decided by", yourself: "You", anotherDecides: "Another administrator decides.",
  balanced: "Balanced", unbalanced: "NOT BALANCED", event: "event", difference: "Difference", again: "Reload", sides: { assets: "Assets", owed: "Owed", own: "Own" },
  rulesVersion: "Version of the matching rules", inForce: "In force", rulesForGood: "There is no way back to an older version. Every engine must know the new one.", logTime: "Time of the log", doubted: "Time not believed", nothingDoubted: "None", acceptTime: "Accept a later time", timeForGood: "It counts once and cannot be undone.",
  withdrawalReview: "Withdrawal", approvals: "Approvals", payout: "Payout", attempts: "attempts", before: "Earlier withdrawals", riskFacts: { completed_withdrawals: "Completed withdrawals", completed_to_this_destination: "Completed to this destination", deposited_24_h: "Deposited, 24 hours (TRY)", withdrawn_24_h: "Withdrawn, 24 hours (TRY)", withdrawn_30_d: "Withdrawn, 30 days (TRY)", deposits_last_hour: "Deposits of the last hour" },
  listNew: "New pair",
  note: "Note", identityCheck: "Population register", identityChecks: { WAITING: "No answer yet", MATCH: "Match", MISMATCH: "Mismatch", UNANSWERED: "Never answered", NOT_ASKED: "Not asked" }, rejectionCode: "Reason for the rejection",
  rejections: { OTHER: "Other", UNREADABLE_DOCUMENT: "The document cannot be read", DATA_MISMATCH: "The data differ", POOR_PHOTO: "Poor photo", EXPIRED_DOCUMENT: "The document has expired" },
  secondFactorNote: "Changes ask for a second factor shown in the last five minutes.",
};

export const words = signal<typeof tr>(tr);

export function speakOffice(lang: Lang): void {
  words.value = lang === "tr" ? tr : en;
}
