-- The secret vote by the protocol of core/ballot: review/ceremony.h, review/ballot.h.

create table trustee (                         -- one of three who hold the key of a meeting's elections together
    meeting_id text not null references meeting(id),
    number integer not null,                   -- 1 chair | 2 supervisor | 3 office
    account_id text not null references account(id),
    certificate text not null,                 -- what each published, round by round; secrets in it are sealed for
    dealt text not null default '',            -- other trustees, never for the server
    output text not null default '',
    primary key (meeting_id, number)
);

create table election (                        -- dossiers that the same members vote on
    id text primary key,
    meeting_id text not null references meeting(id),
    number integer not null,                   -- within the meeting, from 1
    state text not null default 'registering', -- registering | voting | closed | counted | annulled
    uuid text not null,
    election text not null,                    -- texts of the archive, whose bytes count
    trustees text not null,
    credentials text not null default '',      -- the list, once the vote begins
    sums text not null default '',             -- once it has ended
    result text not null default '',
    fingerprint text not null,
    head text not null default '',             -- hash of the archive's last event, once counted
    archived_at integer not null default 0,    -- the archive's one time: seconds, of the end of the vote
    reason text not null default '',           -- why it was annulled
    unique (meeting_id, number)
);

create table election_voter (                  -- who may vote, who has; never with which credential
    election_id text not null references election(id),
    account_id text not null references account(id),
    registered boolean not null default false,
    voted boolean not null default false,
    primary key (election_id, account_id)
);

create table credential (                      -- public keys of the voters' codes, in the order of the keys
    election_id text not null references election(id),
    key text not null,
    primary key (election_id, key)
);

create table paper (                           -- what was cast, never by whom nor when: in the order of the keys
    election_id text not null references election(id),
    credential text not null,
    paper text not null,
    primary key (election_id, credential)
);

create table factor (                          -- a trustee's part in opening the sums
    election_id text not null references election(id),
    number integer not null,
    factors text not null,
    primary key (election_id, number)
);

alter table meeting add column trustees text not null default '';   -- of all rounds together, checked
alter table meeting add column public_key text not null default ''; -- that they make
alter table motion add column election_id text references election(id);
alter table motion add column question integer not null default 0;  -- within the election, from 0
alter table motion add column voters integer not null default 0;    -- who could vote, when counted
create index motion_election on motion(election_id);

-- What was sealed with the server's own key is gone, choices first. A vote that was under way begins again.
update motion set state = 'waiting' where state = 'voting';
drop table ballot;
drop table ballot_cast;
