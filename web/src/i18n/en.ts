import type { Texts } from "./tr";
import { account } from "./en-account";
import fault from "./faults-en";
import notice from "./notices-en";

const en: Texts = {
  brand: "MyCrypto",
  nav: { markets: "Markets", trade: "Trade", convert: "Convert", wallet: "Wallet", orders: "Orders", alerts: "Alerts", account: "Account", ops: "Operations", main: "Main menu", skip: "Skip to content", menu: "Menu" },
  common: {
    login: "Log in", logout: "Log out", register: "Sign up", cancel: "Cancel", confirm: "Confirm", close: "Close", save: "Save", delete: "Delete", retry: "Try again", copy: "Copy", copied: "Copied", more: "More",
    search: "Search", loading: "Loading…", all: "All", yes: "Yes", no: "No", back: "Back", next: "Continue", optional: "optional", none: "None", from: "From", to: "To", date: "Date", status: "Status", type: "Type", amount: "Amount", details: "Details", reload: "Reload", reason: "Reason", total: "Total",
    darkTheme: "Dark theme", lightTheme: "Light theme", language: "Türkçe", otherLang: "Switch to Turkish", notFound: "There is no such page.", home: "Go to markets", show: "Show", hide: "Hide",
    traceId: "Trace id", needLogin: "Log in to see this page.", zone: (name) => `Time zone: ${name}`, download: "Download CSV",
  },
  live: {
    live: "Live", connecting: "Connecting…", stale: "Data is old", lost: "Connection lost", since: (text) => `Last data: ${text}`,
    staleBook: (text) => `This book is not live. Last data ${text}. Reconnecting…`, waiting: "Waiting for the order book…",
    offline: "The server cannot be reached. What you see may be out of date; reconnecting.", staleConfirm: "Prices are not live right now. Send the order anyway?",
    newVersion: "A part of the page could not be loaded: there may be a new version of the app, or a blocker or the connection stopped it. Reload the page; if it stays, switch the blocker off for this site.", clock: (text) => `This device's clock is off by ${text}. Codes may be refused; set the clock to automatic.`, seconds: (count) => `${count} seconds`, minutes: (count) => `${count} minutes`, reconnect: "Connect now", ended: "Your session has ended. Log in again.",
  },
  error: { title: "Something went wrong", panel: "This part cannot be shown.", unknown: "The outcome is not known; asking for it.", wait: (seconds) => `Try again in ${seconds} s.`, required: (amount) => `Required: ${amount}`, available: (amount) => `Available: ${amount}`, lowest: (amount) => `Lowest: ${amount}`, highest: (amount) => `Highest: ${amount}`, minimum: (amount) => `At least: ${amount}`, maximum: (amount) => `At most: ${amount}`, field: "Correct this field." },
  auth: {
    loginTitle: "Log in to your account", email: "E-mail", password: "Password", forgot: "Forgot password", noAccount: "No account yet?", haveAccount: "Have an account?", registerTitle: "Open an account",
    passwordRules: (least, specials) => `At least ${least} characters: a capital and a small letter, a digit and one of ${specials}.`, consentVersion: (version) => `Version of the texts: ${version}`, terms: "I accept the terms of use.", kvkk: "I have read and accept the KVKK privacy notice.", mustAccept: "Both consents are needed to go on.",
    recaptchaNote: "Registration is protected by Google reCAPTCHA.", recaptchaBlocked: "The security check could not be made, and no account was opened. Switch the ad blocker off for this page, or allow www.google.com and www.gstatic.com, then try again.",
    checkMail: "Check your e-mail", checkMailText: (email) => `We sent a confirmation link to ${email}. Open it and your account is ready.`, resend: "Send the mail again", resent: "Sent.",
    verifying: "Confirming your e-mail…", verified: "Your e-mail is confirmed", verifiedText: "You can log in now.", code: "Code", codeHint: "The 6 digits of your authenticator app, or a backup code", secondTitle: "Two-factor authentication", stepUp: "Enter your code once more for this action.",
    trustDevice: "Trust this device for 30 days", emailChangeTitle: "Change of e-mail", emailChanged: "Your e-mail address has changed. Log in with the new one.", emailChangeOther: "Confirmed. The change takes effect when the link at the other address is opened too.", addressTitle: "Withdrawal address", addressConfirmed: "The address is confirmed and can be used in 24 hours.",
    resetTitle: "Reset password", resetText: "Enter your e-mail and we send a reset link.", resetSend: "Send link", resetSent: "If there is such an account, a link was sent.", newPassword: "New password", repeatPassword: "New password again", resetDone: "Your password has changed. You can log in.", mismatch: "The passwords differ.",
    localMail: "On this machine: the mails are here", pitch: "Buy, sell and keep crypto with Turkish lira.", pitchText: "A live order book, low fees, and books that add up to the last kuruş.", pitch1: "Eight order types, from limit to trailing stop and OCO", pitch2: "Two-factor authentication and API keys bound to addresses", pitch3: "Learn without risk in paper mode",
    showPassword: "Show password", hidePassword: "Hide password",
  },
  markets: {
    title: "Markets", lead: "Live prices, real order books.", symbol: "Pair", last: "Last price", change: "24h change", high: "24h high", low: "24h low", volume: "24h volume", favourite: "Add to favourites", unfavourite: "Remove from favourites", favourites: "Favourites", trade: "Trade", noTrades: "No trades", none: "No matching pair.", noFavourites: "Press a star to add favourites.", trend: "Last hours",
    hintTitle: "New on this machine?", hintText: "Trade at once in paper mode with 1,000,000 TRY and 100,000 USDT of play money, or send yourself money:", hintPaper: "Switch paper mode on", hintMail: "Mailbox", hintBoard: "Dashboards", hintApi: "API documents", hintTraffic: "To bring the market to life:",
  },
  status: { ACTIVE: "Open", HALTED: "Halted", MAINTENANCE: "Maintenance", DELISTED: "Delisted", AUCTION: "Auction" },
  halted: (reason, until) => `Trading is halted${reason ? `: ${reason}` : ""}${until ? `. Expected back: ${until}` : "."}`,
  trade: {
    book: "Order book", trades: "Trades", depth: "Depth", chart: "Chart", form: "Place order", price: "Price", quantity: "Amount", sum: "Total", value: "Value", time: "Time", spread: "Spread", grouping: "Grouping", average: "Average", mine: "your order", empty: "No orders in the book.", bids: "Bids", asks: "Asks", best: "Read best prices", bestText: (bid, ask) => `Best bid ${bid}, best ask ${ask}`,
    buy: "Buy", sell: "Sell", buyAsset: (asset) => `Buy ${asset}`, sellAsset: (asset) => `Sell ${asset}`, practice: "PAPER", side: "Side", available: "Available", deposit: "Deposit",
    types: { LIMIT: "Limit", MARKET: "Market", STOP: "Stop", STOP_LIMIT: "Stop limit", TAKE_PROFIT: "Take profit", TAKE_PROFIT_LIMIT: "Take profit limit", TRAILING_STOP: "Trailing stop", OCO: "OCO (limit + stop)" },
    typeHelp: {
      LIMIT: "Trades at your price or better.", MARKET: "Trades at once at the best prices of the book.", STOP: "Becomes a market order when the price reaches the trigger.", STOP_LIMIT: "Becomes a limit order when the price reaches the trigger.", TAKE_PROFIT: "Becomes a market order when the price reaches the target.", TAKE_PROFIT_LIMIT: "Becomes a limit order when the price reaches the target.", TRAILING_STOP: "Follows the price at your distance and becomes a market order when it turns.", OCO: "A limit order and a stop wait together; when one begins to trade, the other is cancelled. The balance is locked once.",
    },
    limitPrice: "Limit price", stopPrice: "Trigger price", stopLimit: "Stop limit price", stopLimitHint: "When empty, the stop becomes a market order.", trail: "Distance (%)", activation: "Start price", tif: "Time in force", tifs: { GTC: "Until cancelled", IOC: "Immediate or cancel", FOK: "Fill or kill", DAY: "Until end of day", GTD: "Until a date" }, expires: "Expires", postOnly: "Post only (maker)", iceberg: "Shown amount (iceberg)", advanced: "Advanced", byQuote: (asset) => `By ${asset} value`, byBase: (asset) => `By ${asset} amount`,
    cost: "Value", fee: "Fee", lock: "Will be locked", receive: "You receive", atLeast: "at least", atLimit: "at the limit price", averageFill: "Average price", slippage: "Slippage", band: "Price band", last: "Last price", bestAsk: "Best ask", percentOf: (percent) => `${percent}% of balance`, makerTaker: "Maker / taker", read: (text) => `Read as ${text}`,
    errPrice: "Enter a valid price.", errQuantity: "Enter a valid amount.", errTick: (step) => `Price step is ${step}.`, errLot: (step) => `Amount step is ${step}.`, errMin: (text) => `At least ${text}.`, errMax: (text) => `At most ${text}.`, errFunds: "Not enough balance.", errTrail: "Enter between 0.01 and 99.99 per cent.", errOcoBuy: "To buy, the limit price must be below the trigger.", errOcoSell: "To sell, the limit price must be above the trigger.", errExpires: "Choose a time in the future.", errNotional: (text) => `The order must be worth at least ${text}.`, errDry: "The book does not hold that much.",
    confirmTitle: "Review your order", farPrice: (text) => `The price is ${text} from the last one.`, bigSlippage: (text) => `Estimated slippage ${text}.`, sent: "Order placed", ocoSent: "OCO placed", filled: "Order filled", partly: "Order partly filled", cancelled: "Order cancelled", rejected: "Order rejected", loginToTrade: "Log in to trade", tryPaper: "or switch paper mode on", unsupported: "Paper mode does not have this order type.", checking: "Asking for the outcome…", sending: "Sending…",
    open: "Open orders", history: "Order history", fills: "My trades", balances: "Balances", positions: "Positions", filledPart: "Filled", trigger: "Trigger", cancelOrder: "Cancel", cancelAll: "Cancel all", cancelAllAsk: "All open orders of this pair will be cancelled.", amend: "Amend", amendTitle: "Amend order", remaining: "Remaining", noOpen: "You have no open orders.", noHistory: "No orders yet.", noFills: "No trades yet.", noBalances: "No balances.", noPositions: "No positions.", entry: "Average cost", pnl: "Profit/loss", realized: "Realised P/L", role: "Role", maker: "Maker", taker: "Taker", asset: "Asset", locked: "In orders", thisSymbol: "This pair only",
    statuses: { PENDING_TRIGGER: "Waiting for trigger", TRIGGERED: "Triggered", OPEN: "Open", PARTIALLY_FILLED: "Partly filled", FILLED: "Filled", CANCELLED: "Cancelled", EXPIRED: "Expired", REJECTED: "Rejected" },
    columnWidth: (name) => `Width of the column ${name}`, columnHow: "Drag it, or use the arrow keys; a double click and Enter take it back.", columnsReset: "Reset column widths",
    indicators: "Indicators", draw: "Draw", marks: { level: "Level", trend: "Trend line", box: "Rectangle", fib: "Fibonacci" }, drawHow: (count) => (count === 1 ? "Click a place on the chart." : "Click two places on the chart."), levelAt: "Price of the level", addLevel: "Add level", interval: "Interval", utcDays: "Daily candles are UTC days.", noCandles: "No trades in this interval.", byTradingView: "Chart by TradingView", chartAbout: (symbol, price) => `Chart of ${symbol}, last price ${price}`,
    keys: "Shortcuts", keyList: [["/", "Search pair"], ["B / S", "Buy / sell"], ["P", "Price field"], ["Q", "Amount field"], ["1–4", "25–100% of balance"], ["G", "Grouping"], ["Shift+X", "Cancel all orders"], ["?", "This list"]], keysOn: "Shortcuts on",
    paperOn: "Paper mode: play money, nothing real moves.", paperOff: "Back to live", paper: "Paper", live: "Live", mode: "Mode", paperReset: "Reset play money", paperResetAsk: "Paper orders are cancelled and the balance starts again.", paperWait: "Paper orders are filled by the real trades of the market.",
  },
  convert: { title: "Convert", lead: "Enter an amount, see the price, confirm.", pay: "You pay", get: "You get (estimate)", price: "Price, all included", limit: "Worst price", note: "It never trades at a worse price than this; what is left is cancelled.", done: "Done", partly: "Partly traded, the rest was cancelled", nothing: "The price moved; nothing was traded. Try again.", noBook: "Nothing to trade with right now.", stale: "The price is not live; you can go on when it is." },
  ...account,
  fault,
  notice,
};

export default en;
