-- Every ground on which somebody keeps out of a dossier (review/recusal.h), and where grounds come from: the register
-- of ties, units left, challenges.

create table recusal_ground (
    account_id text not null references account(id),
    application_id text not null references application(id),
    kind text not null,                        -- own | same_unit | former_unit | kin | named | declared | challenged
    reason text not null default '',
    at text not null,
    lifted_at text,                            -- found by a name that was another person's, or a challenge dismissed
    lifted_by text references account(id),
    lifted_because text not null default '',
    primary key (account_id, application_id, kind)
);
insert into recusal_ground (account_id, application_id, kind, reason, at)
    select account_id, application_id, kind, reason, at from recusal;
drop table recusal;
alter table recusal_ground rename to recusal;
create index recusal_application on recusal(application_id, account_id);

create table tie (                             -- what experts and applicants say of themselves
    id text primary key,
    account_id text not null references account(id),
    kind text not null,                        -- kin | coauthor | supervisor | unit
    name text not null default '',             -- of the person; of the unit for kind "unit"
    until_on text not null default '',         -- the last day in that unit; '' = still there
    note text not null default '',
    at text not null,
    removed_at text
);
create index tie_account on tie(account_id);

create table unit_left (                       -- units that an account belonged to
    account_id text not null references account(id),
    unit_id text not null references unit(id),
    until_on text not null,
    primary key (account_id, unit_id, until_on)
);
create trigger account_unit_left after update of unit_id on account
    when old.unit_id is not null and old.unit_id is not new.unit_id begin
    insert into unit_left (account_id, unit_id, until_on) values (old.id, old.unit_id, date('now'))
        on conflict do nothing;
end;

create table challenge (                       -- somebody asks that a person keep out of a dossier
    id text primary key,
    application_id text not null references application(id),
    account_id text not null references account(id), -- who asks
    name text not null,                        -- of whom: who asks need not know the experts
    reason text not null,
    at text not null,
    outcome text not null default '',          -- upheld | dismissed; '' = not decided, and the person is out
    because text not null default '',
    decided_by text references account(id),
    decided_at text
);
create index challenge_application on challenge(application_id);
create index challenge_open on challenge(id) where outcome = '';
