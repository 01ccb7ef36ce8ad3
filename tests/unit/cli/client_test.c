/* The HTTP client against a server that plays back a script, on a unix socket and on TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/client.c"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Answers the n-th request with answers[n] and keeps what was sent. */
struct server {
    int listener;
    const char *const *answers;
    int count;
    bool close_each; /* a new connection per answer */
    char requests[8][4096];
    pthread_t thread;
    char path[64];
    char url[64];
};

/* Reads one request: the head, and as many bytes of body as it names. */
static bool read_request(int fd, char *request, size_t size)
{
    size_t length = 0, whole = SIZE_MAX;
    while (length < whole && length < size - 1) {
        ssize_t count = read(fd, request + length, size - 1 - length);
        if (count <= 0)
            return false;
        length += (size_t)count;
        request[length] = 0;
        const char *end = strstr(request, "\r\n\r\n"), *named = strstr(request, "Content-Length: ");
        if (end && whole == SIZE_MAX)
            whole = (size_t)(end + 4 - request) +
                    (named && named < end ? strtoul(named + 16, NULL, 10) : 0);
    }
    return true;
}

static void *serve(void *arg)
{
    struct server *server = arg;
    int fd = -1;
    for (int i = 0; i < server->count; i++) {
        if (fd < 0)
            fd = accept(server->listener, NULL, NULL);
        if (!read_request(fd, server->requests[i], sizeof(server->requests[i]))) {
            close(fd);
            fd = accept(server->listener, NULL, NULL);
            if (!read_request(fd, server->requests[i], sizeof(server->requests[i])))
                break;
        }
        size_t length = strlen(server->answers[i]);
        if (write(fd, server->answers[i], length) != (ssize_t)length)
            break;
        if (server->close_each) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void start(struct server *server, bool tcp, int count, const char *const *answers)
{
    *server = (struct server){.answers = answers, .count = count};
    if (tcp) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(address);
        server->listener = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(bind(server->listener, (struct sockaddr *)&address, size), 0);
        getsockname(server->listener, (struct sockaddr *)&address, &size);
        snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    } else {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strcpy(server->path, "/tmp/client-XXXXXX");
        int fd = mkstemp(server->path);
        close(fd);
        unlink(server->path);
        strcpy(address.sun_path, server->path);
        server->listener = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    }
    assert_int_equal(listen(server->listener, 4), 0);
    pthread_create(&server->thread, NULL, serve, server);
}

static void stop(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
    unlink(server->path);
}

static struct td_client *open_client(const struct server *server)
{
    struct td_client *client = NULL;
    assert_int_equal(td_client_new(server->path, server->url, &client, NULL), 0);
    return client;
}

static void expect_sent(const struct server *server, int number, const char *text)
{
    if (!strstr(server->requests[number], text))
        fail_msg("\"%s\" was not sent:\n%s", text, server->requests[number]);
}

static void expect_not_sent(const struct server *server, int number, const char *text)
{
    if (strcasestr(server->requests[number], text))
        fail_msg("\"%s\" was sent:\n%s", text, server->requests[number]);
}

static void test_control_socket(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"7\"\r\nContent-Length: "
        "14\r\n\r\n"
        "{\"state\": \"x\"}",
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nLocation: /applications/A\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n6\r\n: \"A\"}\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    struct server server;
    struct td_answer answer;
    start(&server, false, 3, answers);
    struct td_client *client = open_client(&server);
    struct td_request get = {.method = "GET", .path = "/api/v1/x?q=1"};
    assert_int_equal(td_client_send(client, &get, &answer, NULL), 0);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.version, 7);
    assert_string_equal(json_string_value(json_object_get(answer.value, "state")), "x");
    assert_string_equal(answer.bytes, "{\"state\": \"x\"}");
    td_answer_done(&answer);
    json_t *body = json_pack("{s:s}", "name", "教师");
    struct td_request post = {
        .method = "POST", .path = "/api/v1/x", .body = body, .version = 3, .key = "k-1"};
    assert_int_equal(td_client_send(client, &post, &answer, NULL), 0);
    assert_string_equal(answer.location, "/applications/A");
    assert_string_equal(json_string_value(json_object_get(answer.value, "id")), "A");
    td_answer_done(&answer);
    json_decref(body);
    json_t *value = json_null();
    assert_int_equal(td_client_json(client, "DELETE", "/api/v1/x", NULL, &value, NULL), 0);
    assert_null(value);
    td_client_free(client);
    stop(&server);
    expect_sent(&server, 0, "GET /api/v1/x?q=1 HTTP/1.1\r\n");
    expect_sent(&server, 0, "Accept: application/json\r\n");
    expect_not_sent(&server, 0, "content-length");
    expect_sent(&server, 1, "Content-Type: application/json\r\n");
    expect_sent(&server, 1, "If-Match: \"3\"\r\n");
    expect_sent(&server, 1, "Idempotency-Key: k-1\r\n");
    expect_sent(&server, 1, "\r\n\r\n{\"name\":\"教师\"}");
    expect_sent(&server, 2, "DELETE /api/v1/x HTTP/1.1\r\n");
    expect_not_sent(&server, 2, "if-match");
    expect_not_sent(&server, 2, "content-type"); /* nothing of the request before */
    expect_not_sent(&server, 2, "教师");
    expect_not_sent(&server, 1, "origin");
}

static void test_problem(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 422 Unprocessable\r\nContent-Type: application/problem+json\r\nContent-Length: "
        "139\r\n\r\n"
        "{\"type\":\"/problems/fields\",\"title\":\"Look again\",\"detail\":\"one "
        "field\",\"errors\":[{\"field\":\"name\","
        "\"code\":\"required\",\"message\":\"Fill it in.\"}]}        ",
        "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 409 Conflict\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops",
    };
    struct server server;
    struct td_error err = TD_ERROR_INIT;
    struct td_answer answer;
    start(&server, false, 3, answers);
    struct td_client *client = open_client(&server);
    struct td_request post = {.method = "POST", .path = "/x"};
    assert_int_equal(td_client_send(client, &post, &answer, &err), TD_EFIELDS);
    assert_int_equal(answer.status, 422);
    assert_string_equal(err.detail, "POST /x: 422 Look again: one field");
    assert_int_equal(json_array_size(err.fields), 1);
    td_answer_done(&answer);
    td_error_done(&err);
    assert_int_equal(td_client_json(client, "GET", "/x", NULL, NULL, &err), TD_EBUSY);
    assert_int_equal(td_client_json(client, "GET", "/x", NULL, NULL, &err), TD_ECONFLICT);
    td_error_done(&err);
    td_client_free(client);
    stop(&server);
}

/* Two people in one process: each has his own cookie and token. */
static void test_people(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nSet-Cookie: td_session=abc; Path=/; HttpOnly; SameSite=Lax\r\n"
        "Content-Type: application/json\r\nContent-Length: 49\r\n\r\n"
        "{\"account\":{\"id\":\"A\",\"login\":\"li\"},\"csrf\":\"t-42\"}",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };
    struct server server;
    json_t *account = NULL;
    start(&server, true, 3, answers);
    struct td_client *client = open_client(&server);
    assert_int_equal(td_client_login(client, "li", "secret of li", &account, NULL), 0);
    assert_string_equal(json_string_value(json_object_get(account, "id")), "A");
    json_decref(account);
    assert_int_equal(
        td_client_json(client, "PUT", "/api/v1/x", json_pack("{s:i}", "a", 1), NULL, NULL), 0);
    assert_int_equal(td_client_json(client, "GET", "/api/v1/x", NULL, NULL, NULL), 0);
    td_client_free(client);
    stop(&server);
    server.url[strlen(server.url) - 1] = 0; /* the origin has no path */
    char origin[100];
    snprintf(origin, sizeof(origin), "Origin: %s\r\n", server.url);
    expect_sent(&server, 0, "POST /api/v1/session HTTP/1.1\r\n");
    expect_sent(&server, 0, origin);
    expect_sent(&server, 0, "{\"login\":\"li\",\"password\":\"secret of li\"}");
    expect_not_sent(&server, 0, "x-csrf-token");
    expect_sent(&server, 1, "Cookie: td_session=abc\r\n");
    expect_sent(&server, 1, "X-CSRF-Token: t-42\r\n");
    expect_sent(&server, 1, origin);
    expect_sent(&server, 2, "Cookie: td_session=abc\r\n");
    expect_not_sent(&server, 2, "x-csrf-token");
}

static void test_upload(void **state)
{
    (void)state;
    struct server server;
    start(&server, false, 1,
          (const char *const[]){"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"});
    struct td_client *client = open_client(&server);
    json_t *fields = json_pack("{s:s}", "section", "education");
    struct td_request post = {.method = "POST",
                              .path = "/x",
                              .body = fields,
                              .file_field = "file",
                              .file_name = "学历 \"1\".pdf",
                              .file_type = "application/pdf",
                              .file_bytes = "%PDF\0-1.4",
                              .file_length = 9};
    assert_int_equal(td_client_send(client, &post, NULL, NULL), 0);
    json_decref(fields);
    td_client_free(client);
    stop(&server);
    expect_sent(&server, 0, "Content-Type: multipart/form-data; boundary=");
    expect_sent(&server, 0, "name=\"section\"\r\n\r\neducation\r\n");
    expect_sent(&server, 0, "name=\"file\"; filename=\"学历 %221%22.pdf\"\r\n");
    expect_sent(&server, 0, "Content-Type: application/pdf\r\n\r\n%PDF");
}

/* A server that went away between two requests is asked again on a new connection. */
static void test_reconnects(void **state)
{
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                                          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    struct server server;
    start(&server, false, 2, answers);
    server.close_each = true;
    struct td_client *client = open_client(&server);
    assert_int_equal(td_client_json(client, "GET", "/1", NULL, NULL, NULL), 0);
    assert_int_equal(td_client_json(client, "GET", "/2", NULL, NULL, NULL), 0);
    td_client_free(client);
    stop(&server);
}

static void test_no_answer(void **state)
{
    (void)state;
    struct td_client *client = NULL;
    struct td_error err = TD_ERROR_INIT;
    struct td_answer answer;
    struct td_request get = {.method = "GET", .path = "/x"};
    assert_int_equal(td_client_new("/nonexistent/socket", NULL, &client, NULL), 0);
    assert_int_equal(td_client_send(client, &get, &answer, &err), TD_EIO);
    assert_int_equal(answer.status, 0);
    assert_non_null(strstr(err.detail, "control socket /nonexistent/socket"));
    td_answer_done(&answer);
    td_error_done(&err);
    td_client_free(client);
    assert_int_equal(td_client_new(NULL, "ftp://x", &client, &err), TD_EINVALID);
    assert_int_equal(td_client_new("", NULL, &client, NULL), TD_EINVALID);
    td_error_done(&err);
    td_client_free(NULL);
}

/* A refusal of a busy server comes to who is not patient, and the second answer to who is. */
static void test_busy(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    struct server server;
    struct td_error err = TD_ERROR_INIT;
    start(&server, false, 3, answers);
    struct td_client *client = open_client(&server);
    assert_int_equal(td_client_json(client, "POST", "/a", json_pack("{s:i}", "n", 1), NULL, NULL),
                     TD_EBUSY);
    td_client_be_patient(client);
    assert_int_equal(td_client_json(client, "POST", "/b", json_pack("{s:i}", "n", 2), NULL, &err),
                     0);
    assert_int_equal(err.code, 0);
    for (int i = 1; i < 3; i++)
        expect_sent(&server, i, "{\"n\":2}");
    td_client_free(client);
    stop(&server);
}

static void test_path(void **state)
{
    (void)state;
    char *path = td_client_path("/accounts/%s/grants/%s?scope=%s", "01J", "district_industry",
                                "650121/教 师&x");
    assert_string_equal(
        path, "/accounts/01J/grants/district_industry?scope=650121%2F%E6%95%99%20%E5%B8%88%26x");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_socket), cmocka_unit_test(test_problem),
        cmocka_unit_test(test_people),         cmocka_unit_test(test_upload),
        cmocka_unit_test(test_reconnects),     cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_busy),           cmocka_unit_test(test_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
