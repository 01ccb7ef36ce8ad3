-- How people prove who they are: second factors, former passwords, the latest logins.

alter table account add column password_at text not null default '';   -- when it was set
alter table account add column login_at text not null default '';      -- the latest login, real time
alter table account add column login_address text not null default ''; -- prefix
alter table account add column last_login_at text not null default ''; -- the one before it
alter table account add column last_login_address text not null default '';
alter table account add column login_failures integer not null default 0; -- refused between the two
update account set password_at = created_at;

create table second_factor (
    account_id text primary key references account(id),
    secret_sealed text not null default '',    -- '' until a code has confirmed it
    offered_sealed text not null default '',   -- shown for enrolment, not yet confirmed
    last_step bigint not null default 0,       -- of the last code taken: none is taken twice
    confirmed_at text not null default ''
);

create table recovery_code (                   -- one row for each unused one
    account_id text not null references account(id),
    code_key text not null,                    -- keyed hash
    primary key (account_id, code_key)
);

create table former_password (                 -- kept only where the policy refuses reuse
    account_id text not null references account(id),
    password_hash text not null,
    set_at text not null,
    primary key (account_id, password_hash)
);
