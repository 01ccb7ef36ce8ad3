-- What was sent, when the examiner wrote the file anew (images): '' = the file is kept as it was sent.
alter table evidence add column sent_hash text not null default '';
