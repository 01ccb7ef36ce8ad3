-- Complaints and petitions (投诉、信访) as cases. Who complained is sealed, whom it is about learns nothing of it.

create table complaint (
    id text primary key,
    number text not null unique,               -- receipt number
    code_key text not null,                    -- keyed hash of the code that opens it to who has the receipt
    about text not null,                       -- dossier | person | committee | official | procedure
    whom text not null default '',             -- in the complainant's words: a number, a name, an office
    text text not null,
    contact_sealed text not null default '',   -- '' = anonymous
    application_id text references application(id),
    handler text not null,                     -- which role has it: supervisor | bureau | office
    assigned_to text references account(id),
    complaint_state text not null default 'received', -- received | accepted | not_ours | investigated | answered | closed
    received_at text not null,
    accept_by text not null,                   -- last days
    answer_by text not null,
    accepted_at text,
    finding text not null default '',          -- for those who handle it
    complaint_outcome text,                    -- founded | partly | unfounded
    answer text not null default '',           -- for the complainant
    answered_at text,
    closed_at text,
    holds boolean not null default false       -- the dossier's result waits for the outcome
);
create index complaint_open on complaint(answer_by) where closed_at is null;
create index complaint_application on complaint(application_id);

create table complaint_concern (               -- accounts that it is about: they never see it
    complaint_id text not null references complaint(id),
    account_id text not null references account(id),
    primary key (complaint_id, account_id)
);
create index complaint_concern_account on complaint_concern(account_id);

create table complaint_step (                  -- what was done, by whom: for those who handle it
    complaint_id text not null references complaint(id),
    sequence integer not null,
    step text not null,
    account_id text,                           -- null: who complained
    note text not null default '',
    done_at text not null,
    primary key (complaint_id, sequence)
);

create table complaint_file (
    id text primary key,
    complaint_id text not null references complaint(id),
    hash text not null references evidence_file(hash),
    name text not null,
    account_id text not null references account(id),
    uploaded_at text not null
);
create index complaint_file_complaint on complaint_file(complaint_id);
