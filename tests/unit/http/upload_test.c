/* A file on its way to disk, a full and a slow disk included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static int disk_error;  /* errno of the next write; 0 = it goes well */
static sem_t disk_free; /* one for each write while `disk_slow` */
static bool disk_slow;

static ssize_t disk_write(int fd, const void *bytes, size_t length);

#define write disk_write
#include "http/upload.c"
#undef write

static ssize_t disk_write(int fd, const void *bytes, size_t length)
{
    if (disk_slow)
        sem_wait(&disk_free);
    errno = disk_error;
    return disk_error ? -1 : write(fd, bytes, length);
}

#define TYPE "multipart/form-data; boundary=xX"

static struct event_base *base;
static struct td_spool *spool;
static char path[64];
static int moved;

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/upload-test-%d", (int)getpid());
    base = event_base_new();
    moved = disk_error = 0;
    disk_slow = false;
    return td_spool_new(base, &spool, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    td_spool_remove(spool, path);
    td_spool_free(spool);
    event_base_free(base);
    return access(path, F_OK) == 0; /* removed, and not made again afterwards */
}

static void on_moved(void *arg)
{
    (void)arg;
    moved++;
}

static struct td_upload *open_upload(const char *type, size_t limit)
{
    struct td_upload *upload;
    const struct td_upload_options options = {.spool = spool,
                                              .path = path,
                                              .type = type,
                                              .limit = limit,
                                              .fields_limit = 50,
                                              .moved = on_moved};
    assert_int_equal(td_upload_new(&options, &upload, NULL), 0);
    return upload;
}

static int write_text(struct td_upload *upload, const char *text)
{
    struct td_error err = TD_ERROR_INIT;
    int r = td_upload_write(upload, text, strlen(text), &err);
    td_error_done(&err);
    return r;
}

static void settle(const struct td_upload *upload)
{
    while (td_upload_waits(upload))
        event_base_loop(base, EVLOOP_ONCE);
}

static void a_raw_body(void **state)
{
    char back[8];
    (void)state;
    struct td_upload *upload = open_upload("application/pdf", 3);
    assert_int_equal(write_text(upload, "ab"), 0);
    assert_int_equal(write_text(upload, "c"), 0);
    assert_int_equal(td_upload_end(upload, NULL), 0);
    assert_true(td_upload_waits(upload));
    settle(upload);
    assert_int_equal(td_upload_failure(upload, NULL), 0);
    assert_int_equal(moved, 1);
    const struct td_http_upload *result = td_upload_result(upload);
    assert_string_equal(result->hash,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(result->size, 3);
    assert_string_equal(result->path, path);
    assert_string_equal(result->type, "application/pdf");
    td_upload_free(upload);
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, back, sizeof(back)), 3);
    assert_memory_equal(back, "abc", 3);
    close(fd);
}

static void limits(void **state)
{
    (void)state;
    struct td_upload *upload = open_upload(NULL, 3);
    assert_int_equal(write_text(upload, "abcd"), TD_ETOOLARGE);
    td_upload_free(upload);
    upload = open_upload(TYPE, 3);
    assert_int_equal(
        write_text(upload, "--xX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"), 0);
    assert_int_equal(write_text(upload, "&&&&&&&&&&&&&&&&&&"),
                     TD_ETOOLARGE); /* 54 bytes as a form */
    td_upload_free(upload);
    upload = open_upload(TYPE, 3);
    assert_int_equal(
        write_text(upload,
                   "--xX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\n"),
        0);
    assert_int_equal(write_text(upload, "x"), TD_EINVALID); /* content without a name */
    td_upload_free(upload);
}

static void a_failing_disk(void **state)
{
    static const struct {
        int reason, code;
    } cases[] = {{ENOSPC, TD_EFULL}, {EDQUOT, TD_EFULL}, {EIO, TD_EIO}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        disk_error = cases[i].reason;
        struct td_upload *upload = open_upload(NULL, 3);
        assert_int_equal(write_text(upload, "abc"), 0);
        assert_int_equal(td_upload_end(upload, NULL), 0);
        settle(upload);
        assert_int_equal(td_upload_failure(upload, NULL), cases[i].code);
        td_upload_free(upload);
        td_spool_remove(spool, path);
    }
    disk_error = 0;
    struct td_upload *first = open_upload(NULL, 3), *second = open_upload(NULL, 3);
    td_upload_end(first, NULL);
    td_upload_end(second, NULL);
    settle(first);
    settle(second);
    assert_int_equal(td_upload_failure(first, NULL), 0);
    assert_int_equal(td_upload_failure(second, NULL), TD_EIO); /* never another's file */
    td_upload_free(first);
    td_upload_free(second);
}

/* The loop goes on, and no more is held than a block on its way and one that waits. */
static void a_slow_disk(void **state)
{
    static char block[TD_UPLOAD_BLOCK];
    (void)state;
    sem_init(&disk_free, 0, 0);
    disk_slow = true;
    struct td_upload *upload = open_upload(NULL, 10 * sizeof(block));
    size_t blocks = 0;
    for (; !td_upload_waits(upload); blocks++)
        assert_int_equal(td_upload_write(upload, block, sizeof(block), NULL), 0);
    assert_int_equal(blocks, 2);
    assert_int_equal(moved, 0);
    sem_post(&disk_free);
    settle(upload);
    assert_int_equal(moved, 1);
    assert_int_equal(td_upload_write(upload, block, sizeof(block), NULL), 0);
    assert_true(td_upload_waits(upload));
    td_upload_free(upload); /* the client went while the disk was at it */
    for (int i = 0; i < 10; i++)
        sem_post(&disk_free);
}

static void a_form(void **state)
{
    (void)state;
    struct td_upload *upload = open_upload(TYPE, 100);
    assert_int_equal(
        write_text(upload,
                   "--xX\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\n1&2\r\n--xX\r\n"
                   "Content-Disposition: form-data; name=\"f\"; filename=\"x\"; "
                   "filename*=UTF-8''%E8%AE%BA.pdf\r\nContent-Type: text/plain\r\n\r\nabc\r\n"
                   "--xX\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n\r\n--xX--"),
        0);
    assert_int_equal(td_upload_end(upload, NULL), 0);
    settle(upload);
    const struct td_http_upload *result = td_upload_result(upload);
    size_t length;
    assert_string_equal(td_upload_fields(upload, &length), "a%20b=1%262&c=");
    assert_int_equal(length, 14);
    assert_string_equal(result->name, "\xe8\xae\xba.pdf");
    assert_string_equal(result->field, "f");
    assert_string_equal(result->type, "text/plain");
    assert_string_equal(result->hash,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    td_upload_free(upload);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(a_raw_body), TEST(limits), TEST(a_failing_disk),
                                       TEST(a_slow_disk), TEST(a_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
