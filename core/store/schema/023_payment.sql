-- Fee orders and what was paid for them: review/fee.h, payment.h, refund.h.

create table fee_order (
    application_id text primary key references application(id),
    number text not null unique,
    cycle_id text not null references cycle(id),
    series text not null,
    level text not null,
    amount_cents integer not null,
    state text not null,                       -- due | paid | cancelled | refunded
    platform_id text not null default '',      -- the platform's number for it
    pay_url text not null default '',          -- where its payer goes
    created_at text not null,
    settled_at text
);
create index fee_order_cycle on fee_order(cycle_id, state);
create index fee_order_state on fee_order(state, application_id);

create table payment (
    id text primary key,
    application_id text references application(id), -- null: of an order that is not ours
    order_number text not null,
    channel text not null,                     -- platform | manual
    reference text not null,                   -- the platform's number, or the receipt's
    amount_cents integer not null,
    paid_on text not null,
    via text not null,                         -- notified | asked | statement | recorded
    standing text not null,                    -- applied | double | amount | late | unknown
    account_id text references account(id),    -- who recorded it
    at text not null,
    settled_note text not null default '',     -- why a difference is none any more
    settled_by text,
    settled_at text
);
create unique index payment_platform on payment(reference) where channel = 'platform';
create index payment_application on payment(application_id);

create table refund (
    id text primary key,
    payment_id text not null references payment(id),
    amount_cents integer not null,
    cause text not null,                       -- withdrawn | double | amount | late | other
    note text not null default '',
    state text not null,                       -- asked | refused | approved | done | failed
    asked_by text not null,
    asked_at text not null,
    decided_by text,
    decided_at text,
    receipt text not null default '',
    reason text not null default '',           -- of a refusal or failure
    done_at text
);
create unique index refund_payment on refund(payment_id) where state <> 'refused';

create table statement (                       -- what the platform says of a day
    day text primary key,
    asked_at text not null,
    answered_at text
);
create table statement_line (
    reference text primary key,
    day text not null references statement(day),
    order_number text not null,
    amount_cents integer not null
);

insert into fee_order (application_id, number, cycle_id, series, level, amount_cents, state, created_at, settled_at)
    select a.id, 'PAY-' || coalesce(a.number, a.id), a.cycle_id, a.series, a.level, f.amount_cents, 'paid', f.at, f.at
    from fee f join application a on a.id = f.application_id;
insert into payment (id, application_id, order_number, channel, reference, amount_cents, paid_on, via, standing, account_id, at)
    select f.application_id, f.application_id, o.number, 'manual', f.receipt, f.amount_cents, f.paid_on, 'recorded', 'applied', f.account_id, f.at
    from fee f join fee_order o on o.application_id = f.application_id;
drop table fee;
