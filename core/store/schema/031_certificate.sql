-- What a certificate says, signed when it was issued (review/certificate.h). Null in titles from before.
alter table title add column token text;
