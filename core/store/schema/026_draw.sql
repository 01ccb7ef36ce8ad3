-- Draws of experts from a pool (review/draw.h).

create table draw (
    id text primary key,
    committee_id text not null references committee(id),
    cycle_id text references cycle(id),
    kind text not null,                        -- committee | panel: what the seats are of
    name text not null default '',             -- of the panel
    state text not null default 'committed',   -- committed | witnessed | revealed | closed | cancelled
    seed_sealed text not null,                 -- the office's seed until it is revealed; then ''
    file json not null,                        -- what anybody can recompute, as far as it has come
    commitment text not null,
    remark text not null default '',           -- why cancelled
    created_by text not null,
    created_at text not null
);
create index draw_committee on draw(committee_id);

create table draw_invitation (
    draw_id text not null references draw(id),
    account_id text not null references account(id),
    answer text not null default '',           -- '' | confirmed | declined
    reason text not null default '',
    invited_at text not null,
    answered_at text,
    primary key (draw_id, account_id)
);
create index draw_invitation_account on draw_invitation(account_id);
