/* tls.c - see tls.h. One SSL_CTX, replaced as a whole on reload; OpenSSL counts who still uses it.
 */
#include "http/tls.h"

#include "base/log.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* TLS 1.2 only; those of TLS 1.3 are OpenSSL's own. */
static const char suites[] = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                             "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                             "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

enum { WARN_DAYS = 21 };

struct td_tls {
    SSL_CTX *context;
    char *certificate, *key;
};

/* http/1.1 or nothing: a client that insists on something else hears so instead of nonsense. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
                           const unsigned char *in, unsigned in_length, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, length, ours, sizeof(ours) - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Nobody is there to type one. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    *(bool *)arg = true;
    return -1;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return NULL;
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* idle connections hold no buffers */
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
        SSL_CTX_set_num_tickets(context, 0) && SSL_CTX_set_cipher_list(context, suites) &&
        SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384"))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

/* OpenSSL's last word on the matter, and an empty queue. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return text ? text : "no reason given";
}

static int check_files(const struct td_tls *tls, struct td_error *reterr)
{
    struct stat st;
    if (access(tls->certificate, R_OK) < 0)
        return td_error_set(reterr, TD_EINVALID,
                            "tls_certificate %s: %s; name a PEM file that titled may read",
                            tls->certificate, strerror(errno));
    if (access(tls->key, R_OK) < 0 || stat(tls->key, &st) < 0)
        return td_error_set(reterr, TD_EINVALID,
                            "tls_key %s: %s; name a PEM file that titled may read", tls->key,
                            strerror(errno));
    if (st.st_mode & S_IRWXO)
        return td_error_set(reterr, TD_EINVALID,
                            "tls_key %s is open to every user of this machine; chmod o= it and, if "
                            "others were here, have a new certificate made",
                            tls->key);
    return 0;
}

static int load_pair(const struct td_tls *tls, SSL_CTX *context, struct td_error *reterr)
{
    bool locked = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &locked);
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate) != 1)
        return td_error_set(
            reterr, TD_EINVALID,
            "tls_certificate %s: %s; it must be PEM: the server's certificate, then "
            "those that lead to its authority",
            tls->certificate, reason());
    int r = SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    if (r == 1 && SSL_CTX_check_private_key(context) == 1)
        return 0;
    if (locked)
        return td_error_set(reterr, TD_EINVALID,
                            "tls_key %s has a passphrase, which nobody is there to type; store it "
                            "without one: openssl pkey -in %s -out NEW",
                            tls->key, tls->key);
    bool other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                 ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    const char *why = reason();
    if (other)
        return td_error_set(reterr, TD_EINVALID,
                            "tls_key %s does not belong to tls_certificate %s; give the key that "
                            "this certificate was made for",
                            tls->key, tls->certificate);
    return td_error_set(reterr, TD_EINVALID, "tls_key %s: %s; it must be a PEM private key",
                        tls->key, why);
}

static void log_certificate(const struct td_tls *tls, SSL_CTX *context)
{
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    int before = 0, after = 0, seconds;
    ASN1_TIME_diff(&before, &seconds, X509_get0_notBefore(certificate), NULL);
    bool early = before < 0 || (before == 0 && seconds < 0);
    ASN1_TIME_diff(&after, &seconds, NULL, X509_get0_notAfter(certificate));
    bool over = after < 0 || (after == 0 && seconds < 0);
    const char *state = early ? "not yet valid" : over ? "expired" : "valid";
    TD_LOG(early || over || after < WARN_DAYS ? TD_LOG_WARNING : TD_LOG_INFO, "tls.certificate",
           TD_S("file", tls->certificate), TD_S("state", state), TD_I("days_left", after));
}

int td_tls_reload(struct td_tls *tls, struct td_error *reterr)
{
    int r = check_files(tls, reterr);
    if (r < 0)
        return r;
    ERR_clear_error();
    SSL_CTX *context = new_context();
    if (!context)
        return td_error_set(reterr, TD_EINTERNAL, "TLS: %s", reason());
    r = load_pair(tls, context, reterr);
    if (r < 0) {
        SSL_CTX_free(context);
        return r;
    }
    log_certificate(tls, context);
    SSL_CTX_free(tls->context);
    tls->context = context;
    return 0;
}

int td_tls_new(const char *certificate, const char *key, struct td_tls **ret_tls,
               struct td_error *reterr)
{
    struct td_tls *tls = calloc(1, sizeof(*tls));
    if (!tls)
        return TD_ENOMEM;
    tls->certificate = strdup(certificate);
    tls->key = strdup(key);
    int r = tls->certificate && tls->key ? td_tls_reload(tls, reterr) : TD_ENOMEM;
    if (r < 0)
        td_tls_free(tls);
    else
        *ret_tls = tls;
    return r;
}

void td_tls_free(struct td_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls->certificate);
    free(tls->key);
    free(tls);
}

struct bufferevent *td_tls_bufferevent(struct td_tls *tls, struct event_base *base, int fd)
{
    SSL *ssl = SSL_new(tls->context);
    if (!ssl)
        return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(
        base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    /* An end without close_notify is an error: somebody may have cut what was sent. */
    if (bev)
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 0);
    return bev;
}

void td_tls_bye(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    if (ssl && SSL_is_init_finished(ssl))
        SSL_shutdown(ssl);
    ERR_clear_error();
}

bool td_tls_heard_http(struct bufferevent *bev)
{
    bool heard = false;
    for (unsigned long code; (code = bufferevent_get_openssl_error(bev)) != 0;)
        heard |= ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
    return heard;
}
