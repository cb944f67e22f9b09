// Names for what the API documents describe; the types themselves are generated from docs/api (tools/types.mjs).
import type { components as A } from "../../build/types/auth";
import type { components as T } from "../../build/types/trading";
import type { components as W } from "../../build/types/wallet";

export type Market = T["schemas"]["Market"];
export type Ticker = T["schemas"]["Ticker"];
export type Order = T["schemas"]["Order"];
export type PlaceOrder = T["schemas"]["PlaceOrderRequest"];
export type PlaceOco = T["schemas"]["PlaceOcoRequest"];
export type PlacedOco = T["schemas"]["PlacedOco"];
export type Placed = T["schemas"]["Placed"];
export type Fill = T["schemas"]["Fill"];
export type PublicTrade = T["schemas"]["PublicTrade"];
export type Candle = T["schemas"]["Candle"];
export type Balance = T["schemas"]["Balance"];
export type Position = T["schemas"]["Position"];
export type Fees = T["schemas"]["Fees"];
export type Alert = T["schemas"]["Alert"];
export type Notice = T["schemas"]["Notice"];
export type NoticeList = T["schemas"]["NoticeList"];
export type NoticesRead = T["schemas"]["NoticesRead"];
export type RulesVersion = T["schemas"]["RulesVersion"];
export type LogTime = T["schemas"]["LogTime"];
export type UserLimits = T["schemas"]["UserLimits"];

export type AuthConfig = A["schemas"]["PublicConfig"];
export type Profile = A["schemas"]["Profile"];
export type TokenPair = A["schemas"]["TokenPair"];
export type SecondFactorNeeded = A["schemas"]["SecondFactorNeeded"];
export type SecondFactorSetup = A["schemas"]["SecondFactorSetup"];
export type SecondFactorState = A["schemas"]["SecondFactorState"];
export type DeviceSession = A["schemas"]["Session"];
export type TrustedDevice = A["schemas"]["TrustedDevice"];
export type PersonalData = A["schemas"]["PersonalData"];
export type Activity = A["schemas"]["Activity"];
export type EmailChange = A["schemas"]["EmailChange"];
export type EmailChangeConfirmed = A["schemas"]["EmailChangeConfirmed"];
export type ApiKey = A["schemas"]["ApiKey"];
export type ApiKeyCreated = A["schemas"]["ApiKeyCreated"];
export type KycStatus = A["schemas"]["KycStatus"];
export type Submission = A["schemas"]["Submission"];
export type KycReview = A["schemas"]["KycReview"];
export type ClosedIdentity = A["schemas"]["ClosedIdentity"];
export type AuditEntry = A["schemas"]["AuditEntry"];

export type WalletBalance = W["schemas"]["Balance"];
export type BankAccount = W["schemas"]["BankAccount"];
export type FiatDeposit = W["schemas"]["FiatDeposit"];
export type OfferedNetwork = W["schemas"]["OfferedNetwork"];
export type CryptoAddress = W["schemas"]["CryptoAddress"];
export type CryptoDeposit = W["schemas"]["CryptoDeposit"];
export type Withdrawal = W["schemas"]["Withdrawal"];
export type StaffWithdrawal = W["schemas"]["StaffWithdrawal"];
export type WithdrawalFees = W["schemas"]["WithdrawalFees"];
export type WalletLimits = W["schemas"]["WalletLimits"];
export type Transaction = W["schemas"]["Transaction"];
export type WithdrawalReview = W["schemas"]["WithdrawalReview"];
export type Adjustment = W["schemas"]["Adjustment"];
export type ProposeAdjustment = W["schemas"]["ProposeAdjustment"];
export type BalanceSheet = W["schemas"]["BalanceSheet"];
export type Statement = W["schemas"]["Statement"];
export type LiabilityPublication = W["schemas"]["LiabilityPublication"];
export type LiabilityProof = W["schemas"]["LiabilityProof"];
export type ReconciliationItem = W["schemas"]["ReconciliationItem"];

export interface Listed<Row> {
  data: Row[];
}
