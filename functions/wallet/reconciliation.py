"""Money that fits nothing finds its way out: staff look at it, one proposes, another decides. What each way does to the books is in the rules."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg import Connection

from functions.wallet import reconciliation_rules as rules
from functions.wallet.context import Context
from functions.wallet.models import Pagination, iso, iso_or_none
from functions.wallet.reconciliation_models import Proposal, ProposeResolution, ReconciliationItem, ReconciliationQuery
from functions.wallet.reconciliation_rules import Action, ItemStatus, Subject
from functions.wallet.store import reconciliation as store
from functions.wallet.store.reconciliation import ItemRow, ProposalRow
from mycrypto import audit, currencies, ledger, mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Principal, Request
from mycrypto.ids import new_uuid
from mycrypto.ledger import Entry, Kind, Move
from mycrypto.ledger.crossing import RECONCILIATION, Crossing, into_trading, out_of_trading
from mycrypto.mail import MailKind
from mycrypto.money import AMOUNT_UNITS_MAX, SCALE, AmountError, format_amount, from_numeric, parse_amount, to_numeric


def _units(amount: Decimal) -> int | None:
    """What people decide about: whole units, rounded down as deposits are; ``None`` where the report has no amount that books can hold."""
    units = int(amount.scaleb(SCALE))
    return units if 0 < units <= AMOUNT_UNITS_MAX else None


def subject_of(row: ItemRow) -> Subject:
    return Subject(
        status=ItemStatus(row.status),
        source=row.source,
        reason=row.reason,
        currency=row.currency,
        amount=_units(row.amount),
        booked=from_numeric(row.booked),
        user_id=row.user_id,
        paid_out=row.document.get("outcome") == "COMPLETED",
    )


def _shown_proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        action=row.action,
        user_id=row.user_id,
        currency=row.currency,
        amount=format_amount(row.units),
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_at=iso(row.proposed_at),
        status=row.status,
        decided_by=row.decided_by,
        decided_at=iso_or_none(row.decided_at),
        decision_reason=row.decision_reason,
    )


def _shown(row: ItemRow, proposals: list[ProposalRow]) -> ReconciliationItem:
    return ReconciliationItem(
        id=row.id,
        source=row.source,
        source_key=row.source_key,
        reason=row.reason,
        nature=subject_of(row).nature.value,
        currency=row.currency,
        amount=f"{row.amount.normalize():f}",
        booked_amount=f"{row.booked.normalize():f}",
        withheld_amount=f"{row.withheld.normalize():f}",
        user_id=row.user_id,
        status=row.status,
        resolution=row.resolution,
        document=row.document,
        proposals=[_shown_proposal(proposal) for proposal in proposals],
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        resolved_at=iso_or_none(row.resolved_at),
    )


def page(context: Context, query: ReconciliationQuery) -> tuple[list[ReconciliationItem], Pagination]:
    """Oldest first, without what was proposed."""
    rows, total = store.page(
        context.db.connection(),
        status=query.status,
        source=query.source,
        reason=query.reason,
        user_id=query.user_id,
        limit=query.limit,
        offset=query.offset,
    )
    return [_shown(row, []) for row in rows], Pagination.of(query, total)


def one(context: Context, item_id: UUID) -> ReconciliationItem:
    """Raises RECONCILIATION_NOT_FOUND."""
    connection = context.db.connection()
    row = store.find(connection, item_id)
    if row is None:
        raise ProblemError("RECONCILIATION_NOT_FOUND")
    return _shown(row, store.proposals(connection, item_id))


def _locked(connection: Connection, item_id: UUID) -> tuple[ItemRow, Subject]:
    row = store.lock(connection, item_id)
    if row is None:
        raise ProblemError("RECONCILIATION_NOT_FOUND")
    return row, subject_of(row)


def _waiting(connection: Connection, item_id: UUID) -> ProposalRow:
    return next(proposal for proposal in store.proposals(connection, item_id) if proposal.status == "PROPOSED")


def propose(context: Context, request: Request, staff: Principal, item_id: UUID, body: ProposeResolution) -> ReconciliationItem:
    """Raises RECONCILIATION_NOT_FOUND, RECONCILIATION_STATUS, VALIDATION_ERROR, CURRENCY_NOT_SUPPORTED, FORBIDDEN for one's own account."""
    now = context.now()
    with context.db.transaction() as connection:
        item, subject = _locked(connection, item_id)
        rules.require_status(subject, ItemStatus.OPEN)
        action = Action(body.action)
        units = rules.amount_of(subject, action, _given(body.amount))
        proposal = ProposalRow(
            id=new_uuid(),
            item_id=item_id,
            action=action.value,
            user_id=_beneficiary(connection, subject, action, body.user_id),
            currency=_currency(subject, body.currency, units),
            amount=to_numeric(units),
            reason=body.reason,
            proposed_by=staff.user_id,
            proposed_at=now,
            status="PROPOSED",
            decided_by=None,
            decided_at=None,
            decision_reason=None,
        )
        _require_stranger(proposal, staff)
        store.propose(connection, proposal)
        store.set_status(connection, item_id, ItemStatus.PROPOSED.value, now)
        _record(connection, "reconciliation.proposed", item, proposal, request, staff)
    context.flush()
    return one(context, item_id)


def _given(text: str | None) -> int | None:
    try:
        return None if text is None else parse_amount(text)
    except AmountError as error:
        raise invalid("amount", str(error)) from None


def _beneficiary(connection: Connection, subject: Subject, action: Action, given: UUID | None) -> UUID | None:
    """The user whose balance changes; without one given it is the one whom the item concerns. Raises VALIDATION_ERROR."""
    if action not in {Action.CREDIT, Action.CHARGE}:
        if given is not None:
            raise invalid("user_id", "goes with CREDIT and CHARGE only")
        return None
    chosen = given or subject.user_id
    if chosen is None:
        raise invalid("user_id", "is required: the item names no user")
    if store.person(connection, chosen) is None:
        raise invalid("user_id", "is not the id of a user")
    return chosen


def _currency(subject: Subject, given: str | None, units: int) -> str:
    """The item's own currency where the books have it; elsewhere people may say in which one the money came."""
    if subject.is_certain or not units:
        if given is not None and given.upper() != subject.currency:
            raise invalid("currency", "is known for this item and cannot be another one")
        return subject.currency
    return currencies.find(given or subject.currency).code


def _require_stranger(proposal: ProposalRow, staff: Principal) -> None:
    if proposal.user_id == staff.user_id:
        raise ProblemError("FORBIDDEN", "you cannot decide about your own money")


def approve(context: Context, request: Request, staff: Principal, item_id: UUID) -> ReconciliationItem:
    """Carry out the proposal of another administrator. Raises RECONCILIATION_NOT_FOUND, RECONCILIATION_STATUS, FORBIDDEN."""
    now = context.now()
    with context.db.transaction() as connection:
        item, subject = _locked(connection, item_id)
        rules.require_status(subject, ItemStatus.PROPOSED)
        proposal = _waiting(connection, item_id)
        if proposal.proposed_by == staff.user_id:
            raise ProblemError("FORBIDDEN", "another administrator has to decide about your proposal")
        _require_stranger(proposal, staff)
        action, units = Action(proposal.action), proposal.units
        _receive(connection, item, subject, proposal, now)
        if action is Action.CREDIT:
            _credit(connection, item, subject, proposal, now)
        elif action is Action.CHARGE:
            out_of_trading(connection, _crossing(item, proposal, Kind.ADMIN_ADJUSTMENT, "Geri dönen yatırma"), fee=0)
        elif action is Action.WRITE_OFF:
            _post(connection, item, proposal, rules.ending(subject, action, proposal.currency, units), now, why="Zarar/gelir kaydı")
        store.decide(connection, proposal.id, "APPROVED", now, decided_by=staff.user_id)
        store.set_status(connection, item_id, rules.after(action).value, now, resolution=action.value)
        _record(connection, "reconciliation.approved", item, proposal, request, staff)
    context.flush()
    return one(context, item_id)


def reject(context: Context, request: Request, staff: Principal, item_id: UUID, reason: str) -> ReconciliationItem:
    """Turn a proposal down (also one's own), or say that a return was not possible. Raises RECONCILIATION_NOT_FOUND, RECONCILIATION_STATUS."""
    now = context.now()
    with context.db.transaction() as connection:
        item, subject = _locked(connection, item_id)
        rules.require_status(subject, ItemStatus.PROPOSED, ItemStatus.RETURNING)
        wanted = "PROPOSED" if subject.status is ItemStatus.PROPOSED else "APPROVED"
        proposal = next(found for found in reversed(store.proposals(connection, item_id)) if found.status == wanted)
        store.decide(connection, proposal.id, "REJECTED", now, decided_by=staff.user_id, reason=reason)
        store.set_status(connection, item_id, ItemStatus.OPEN.value, now)
        _record(connection, "reconciliation.rejected", item, proposal, request, staff, reason=reason)
    context.flush()
    return one(context, item_id)


def returned(context: Context, request: Request, staff: Principal, item_id: UUID, reference: str) -> ReconciliationItem:
    """The money was paid back under this reference. Raises RECONCILIATION_NOT_FOUND, RECONCILIATION_STATUS."""
    now = context.now()
    with context.db.transaction() as connection:
        item, subject = _locked(connection, item_id)
        rules.require_status(subject, ItemStatus.RETURNING)
        proposal = next(found for found in reversed(store.proposals(connection, item_id)) if found.status == "APPROVED")
        move = rules.ending(subject, Action.RETURN, proposal.currency, proposal.units)
        _post(connection, item, proposal, move, now, why="Gönderene iade", metadata={"payment": reference})
        store.set_status(connection, item_id, ItemStatus.RESOLVED.value, now, resolution=f"RETURN {reference}")
        _record(connection, "reconciliation.returned", item, proposal, request, staff, reason=reference)
        concerned = store.person(connection, item.user_id) if item.user_id else None
        if concerned is not None:
            mail.add(
                connection,
                MailKind.DEPOSIT_RETURNED,
                to=concerned.email,
                user_id=concerned.id,
                amount=format_amount(proposal.units),
                currency=proposal.currency,
            )
    context.flush()
    return one(context, item_id)


def _receive(connection: Connection, item: ItemRow, subject: Subject, proposal: ProposalRow, now: datetime) -> None:
    """What was only reported so far is money from here on: the ledger says that it came in."""
    move = rules.receipt(subject, proposal.currency, proposal.units)
    if move is not None:
        key = f"reconciliation:{item.id}:received"
        entry = Entry(key=key, why="Mutabakatla alınan tutar", reference=(RECONCILIATION, str(item.id)), moment=now, moves=(move,))
        ledger.post(connection, [entry])
        store.book(connection, item.id, proposal.currency, proposal.amount)


def _crossing(item: ItemRow, proposal: ProposalRow, kind: Kind, why: str) -> Crossing:
    if proposal.user_id is None:
        raise RuntimeError(f"proposal {proposal.id} names no user")
    return Crossing(
        transfer_id=proposal.id,
        user_id=proposal.user_id,
        currency=proposal.currency,
        amount=proposal.units,
        kind=kind,
        reference=(RECONCILIATION, item.id),
        why=why,
    )


def _credit(connection: Connection, item: ItemRow, subject: Subject, proposal: ProposalRow, now: datetime) -> None:
    into_trading(connection, _crossing(item, proposal, Kind.DEPOSIT, "İncelenen yatırma"), source=rules.origin(subject), moment=now)


def _post(
    connection: Connection,
    item: ItemRow,
    proposal: ProposalRow,
    move: Move | None,
    now: datetime,
    *,
    why: str,
    metadata: dict[str, str] | None = None,
) -> None:
    if move is not None:
        entry = Entry(
            key=f"reconciliation:{item.id}",
            why=why,
            reference=(RECONCILIATION, str(item.id)),
            moment=now,
            moves=(move,),
            metadata={"proposal": str(proposal.id)} | (metadata or {}),
        )
        ledger.post(connection, [entry])


def _record(
    connection: Connection, action: str, item: ItemRow, proposal: ProposalRow, request: Request, staff: Principal, *, reason: str = ""
) -> None:
    record = AuditRecord(
        action,
        user_id=proposal.user_id or item.user_id,
        actor_id=staff.user_id,
        actor_type=audit.ActorType.STAFF,
        resource=f"reconciliation:{item.id}",
        old_value={"reason": item.reason, "source_key": item.source_key},
        new_value={"action": proposal.action},
        reason=reason or proposal.reason,
    )
    audit.add_of_money(connection, record, request.client, currency=proposal.currency, units=proposal.units)
