-- What goes to other parties: review/delivery.h.

create table delivery (
    id text primary key,                       -- ULID; the idempotency key of every attempt
    kind text not null,                        -- a row of review/delivery_kinds.c
    target text not null,                      -- a name of the outgoing file; not listed there = folder
    subject text not null default '',          -- "filing/01J...": what it is about
    path text not null default '',             -- of a question: appended to the target's address
    body json,                                 -- null = made when it is sent
    state text not null default 'waiting',     -- waiting | sending | unknown | folder | delivered | rejected | given_up
    attempts integer not null default 0,       -- since it was posted or tried again by hand
    due_at text not null,                      -- next attempt; of one being sent: when it counts as unknown
    holder text not null default '',           -- the node that sends it
    sent_at text,                              -- the last attempt
    receipt text not null default '',          -- the other side's number for it
    answer json,                               -- the other side's answer
    reason text not null default '',           -- of the last failure, the rejection or giving up
    ends_at text,                              -- given up by itself then; null = never
    created_at text not null,
    settled_at text
);
create index delivery_due on delivery(target, due_at, id) where state in ('waiting', 'sending', 'unknown');
create index delivery_state on delivery(state, id);
create index delivery_subject on delivery(subject, id);
alter table filing add column receipt text not null default '';  -- the platform's number for it
alter table filing add column reason text not null default '';   -- of a refusal
-- One open call to the senders is enough, however many deliveries wait for them.
create unique index outbox_deliver on outbox(kind) where kind = 'deliver' and done_at is null;
