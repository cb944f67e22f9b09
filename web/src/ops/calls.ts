// Every call of the back office, once. tests/unit/web/test_staff_pages.py compares this list with what the API offers to staff.
import { ask, askFile, del, get, post, put } from "../api/client";
import type { Adjustment, AuditEntry, BalanceSheet, ClosedIdentity, KycReview, Listed, LogTime, Profile, ProposeAdjustment, ReconciliationItem, RulesVersion, StaffWithdrawal, Submission, UserLimits, WithdrawalReview } from "../api/types";

export type Query = Record<string, string | number | undefined>;
export interface Paged<Row> {
  data: Row[];
  pagination: { next_cursor: string | null };
}

export const findUsers = (query: Query) => get<Listed<Profile>>("/api/auth/admin/users", query);
export const userOf = (id: string) => get<Profile>(`/api/auth/admin/users/${id}`);
export const closedIdentity = (id: string) => get<ClosedIdentity>(`/api/auth/admin/users/${id}/closed-identity`);
export const setRoles = (id: string, body: unknown) => put(`/api/auth/admin/users/${id}/roles`, body);
export const setStatus = (id: string, body: unknown) => put(`/api/auth/admin/users/${id}/status`, body);
export const setTier = (id: string, body: unknown) => put(`/api/auth/admin/users/${id}/tier`, body);
export const limitsOf = (id: string) => get<UserLimits>(`/api/v1/admin/users/${id}/limits`);
export const setLimits = (id: string, body: unknown) => put(`/api/v1/admin/users/${id}/limits`, body);

export const auditLogs = (query: Query) => get<Paged<AuditEntry>>("/api/auth/admin/audit-logs", query);
export const auditFile = (query: Query) => askFile("/api/auth/admin/audit-logs.csv", "text/csv", query);

export const applications = () => get<Listed<Submission>>("/api/auth/admin/kyc", { limit: 50 });
export const application = (id: string) => get<KycReview>(`/api/auth/admin/kyc/${id}`);
export const claim = (id: string) => post<Submission>(`/api/auth/admin/kyc/${id}/claim`);
export const claimNext = () => post<Submission>("/api/auth/admin/kyc-claims");
export const giveBack = (id: string) => del(`/api/auth/admin/kyc/${id}/claim`);
export const decide = (id: string, body: unknown) => post(`/api/auth/admin/kyc/${id}/decision`, body);

export const withdrawals = (query: Query) => get<Listed<StaffWithdrawal>>("/api/wallet/admin/withdrawals", query);
export const withdrawal = (id: string) => get<WithdrawalReview>(`/api/wallet/admin/withdrawals/${id}`);
export const approveWithdrawal = (id: string) => post(`/api/wallet/admin/withdrawals/${id}/approve`);
export const rejectWithdrawal = (id: string, reason: string) => post(`/api/wallet/admin/withdrawals/${id}/reject`, { reason });

export const reconciliations = () => get<Listed<ReconciliationItem>>("/api/wallet/admin/reconciliations", { limit: 50 });
export const reconciliation = (id: string) => get<ReconciliationItem>(`/api/wallet/admin/reconciliations/${id}`);
export const proposeResolution = (id: string, body: unknown) => post(`/api/wallet/admin/reconciliations/${id}/propose`, body);
export const approveResolution = (id: string) => post(`/api/wallet/admin/reconciliations/${id}/approve`);
export const rejectResolution = (id: string, reason: string) => post(`/api/wallet/admin/reconciliations/${id}/reject`, { reason });
export const returned = (id: string, reference: string) => post(`/api/wallet/admin/reconciliations/${id}/returned`, { reference });

export const adjustments = (query: Query) => get<Listed<Adjustment>>("/api/wallet/admin/adjustments", query);
export const adjustment = (id: string) => get<Adjustment>(`/api/wallet/admin/adjustments/${id}`);
/** Under a key of its own, so that a proposal sent twice is one. */
export const proposeAdjustment = (key: string, body: ProposeAdjustment) => ask<Adjustment>("POST", "/api/wallet/admin/adjustments", { body, headers: { "Idempotency-Key": key } });
export const approveAdjustment = (id: string) => post(`/api/wallet/admin/adjustments/${id}/approve`);
export const rejectAdjustment = (id: string, reason: string) => post(`/api/wallet/admin/adjustments/${id}/reject`, { reason });
export const balanceSheet = () => get<BalanceSheet>("/api/wallet/admin/balance-sheet");

export const setSymbol = (symbol: string, body: unknown) => put(`/api/v1/admin/symbols/${symbol}`, body);
export const setSymbolStatus = (symbol: string, body: unknown) => put(`/api/v1/admin/symbols/${symbol}/status`, body);
export const breaker = (symbol: string, body: unknown) => post(`/api/v1/admin/circuit-breaker/${symbol}`, body);
export const haltAll = (reason: string) => post("/api/v1/admin/emergency/halt-all", { reason });
export const resumeAll = (reason: string) => post("/api/v1/admin/emergency/resume-all", { reason });
export const rulesVersion = () => get<RulesVersion>("/api/v1/admin/rules");
export const setRulesVersion = (version: number) => put<RulesVersion>("/api/v1/admin/rules", { version });
export const logTime = () => get<LogTime>("/api/v1/admin/log-time");
export const acceptTime = (until: string) => put<LogTime>("/api/v1/admin/log-time", { until });
