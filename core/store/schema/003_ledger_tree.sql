-- The hash tree over the ledger and its signed checkpoints: store/ledger.h, store/checkpoint.h.

alter table ledger add column nonce text not null default ''; -- of the leaf, random
alter table ledger add column leaf text not null default '';  -- hash of the leaf; '' until the store
                                                              -- that knows of trees opens
create table ledger_node (                     -- perfect subtrees of level 4, 8, 12 ...
    level integer not null,
    position integer not null,
    hash text not null,
    primary key (level, position)
);

create table ledger_checkpoint (               -- each signed once, never changed
    size integer primary key,                  -- entries it covers
    at text not null,
    reason text not null,                      -- minutes | certificate | grown | stopped | rollback
    note text not null
);
