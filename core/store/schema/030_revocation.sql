-- Revocations of titles: proposed by one official, decided by another.

create table revocation (
    id text primary key,
    title_id text not null references title(id),
    integrity_kind text not null,              -- false_material | plagiarism | improper_means
    decision_number text not null,
    decided_on text not null,
    finding text not null,
    revocation_state text not null default 'proposed', -- proposed | decided | dropped
    proposed_by text not null references account(id),
    proposed_at text not null,
    decided_by text references account(id),
    decided_at text,
    drop_reason text not null default '',
    record_id text references integrity_record(id),
    notice_id text references public_notice(id)
);
create index revocation_title on revocation(title_id);
create unique index revocation_open on revocation(title_id) where revocation_state = 'proposed';
