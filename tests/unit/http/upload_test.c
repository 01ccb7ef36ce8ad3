/* A file on its way to disk, a full disk included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/upload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TYPE "multipart/form-data; boundary=xX"

static struct td_upload *open_upload(const char *type, const char *file, size_t limit)
{
    struct td_upload *upload;
    struct td_error err = TD_ERROR_INIT;
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(td_upload_new(type, fd, file, limit, 50, &upload, &err), 0);
    return upload;
}

static int write_text(struct td_upload *upload, const char *text)
{
    struct td_error err = TD_ERROR_INIT;
    return td_upload_write(upload, text, strlen(text), &err);
}

static void a_raw_body(void **state)
{
    char path[] = "/tmp/upload-test-XXXXXX", back[8];
    (void)state;
    close(mkstemp(path));
    struct td_upload *upload = open_upload("application/pdf", path, 3);
    assert_int_equal(write_text(upload, "ab"), 0);
    assert_int_equal(write_text(upload, "c"), 0);
    assert_int_equal(td_upload_end(upload, NULL), 0);
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
    unlink(path);
}

static void limits(void **state)
{
    (void)state;
    struct td_upload *upload = open_upload(NULL, "/dev/null", 3);
    assert_int_equal(write_text(upload, "abcd"), TD_ETOOLARGE);
    td_upload_free(upload);
    upload = open_upload(TYPE, "/dev/null", 3);
    assert_int_equal(
        write_text(upload, "--xX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"), 0);
    assert_int_equal(write_text(upload, "&&&&&&&&&&&&&&&&&&"),
                     TD_ETOOLARGE); /* 54 bytes as a form */
    td_upload_free(upload);
    upload = open_upload(TYPE, "/dev/null", 3);
    assert_int_equal(
        write_text(upload,
                   "--xX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\n"),
        0);
    assert_int_equal(write_text(upload, "x"), TD_EINVALID); /* content without a name */
    td_upload_free(upload);
}

static void a_full_disk(void **state)
{
    (void)state;
    struct td_upload *upload = open_upload(NULL, "/dev/full", 3);
    assert_int_equal(write_text(upload, "abc"), TD_EFULL);
    td_upload_free(upload);
}

static void a_form(void **state)
{
    (void)state;
    struct td_upload *upload = open_upload(TYPE, "/dev/null", 100);
    assert_int_equal(
        write_text(upload,
                   "--xX\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\n1&2\r\n--xX\r\n"
                   "Content-Disposition: form-data; name=\"f\"; filename=\"x\"; "
                   "filename*=UTF-8''%E8%AE%BA.pdf\r\nContent-Type: text/plain\r\n\r\nabc\r\n"
                   "--xX\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n\r\n--xX--"),
        0);
    assert_int_equal(td_upload_end(upload, NULL), 0);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raw_body),
        cmocka_unit_test(limits),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(a_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
