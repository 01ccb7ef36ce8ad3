-- Whoever objects or complains reads how it stands by number and code (review/receipt.h), and is told of the answer.
alter table objection add column receipt_number text;                     -- null: before there were receipts
alter table objection add column code_key text not null default '';       -- keyed hash of the code
alter table objection add column decide_by text not null default '';      -- last day
alter table objection add column answer text not null default '';         -- for who objected; '' = the outcome in words
alter table objection add column objector_sealed text not null default ''; -- his account, to tell him; encrypted
alter table objection add column language text not null default 'zh';     -- of what is sent to the contact
create unique index objection_receipt on objection(receipt_number);
alter table complaint add column language text not null default 'zh';

create table outside_message (                 -- what somebody without an account is told (review/contact.h)
    id text primary key,                       -- the delivery's subject is "message/<id>", as of every message
    kind text not null,
    parameters json not null,
    contact_sealed text not null,              -- encrypted
    language text not null,
    at text not null
);
