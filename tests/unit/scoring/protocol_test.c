/* protocol_test.c - tests core/scoring/protocol.c: frames and their limits. */
#include "scoring/protocol.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void frame_is_length_and_json(void **state)
{
    (void)state;
    json_t *message = json_pack("{s:s}", "op", "中");
    size_t length = 0;
    unsigned char *frame = td_protocol_encode(message, &length);
    static const char payload[] = "{\"op\":\"中\"}";
    assert_non_null(frame);
    assert_int_equal(length, TD_PROTOCOL_HEADER + sizeof(payload) - 1);
    assert_int_equal(td_protocol_length(frame), sizeof(payload) - 1);
    assert_memory_equal(frame + TD_PROTOCOL_HEADER, payload, sizeof(payload) - 1);
    free(frame);
    json_decref(message);
}

static json_t *message_of(size_t length)
{
    char *text = malloc(length);
    memset(text, 'x', length);
    json_t *message = json_pack("[o]", json_stringn(text, length - 4)); /* [""] around it */
    free(text);
    return message;
}

static void longest_frame_is_the_maximum(void **state)
{
    (void)state;
    size_t length = 0;
    json_t *fits = message_of(TD_PROTOCOL_FRAME_MAX),
           *too_long = message_of(TD_PROTOCOL_FRAME_MAX + 1);
    unsigned char *frame = td_protocol_encode(fits, &length);
    assert_non_null(frame);
    assert_int_equal(td_protocol_length(frame), TD_PROTOCOL_FRAME_MAX);
    assert_null(td_protocol_encode(too_long, &length));
    free(frame);
    json_decref(fits);
    json_decref(too_long);
}

static void header_holds_any_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 255, 256, 65536, 0x123456, TD_PROTOCOL_FRAME_MAX};
    unsigned char header[TD_PROTOCOL_HEADER];
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        td_protocol_header(header, lengths[i]);
        assert_int_equal(td_protocol_length(header), lengths[i]);
    }
    td_protocol_header(header, 0x123456);
    assert_memory_equal(header, "\0\x12\x34\x56", sizeof(header));
}

static void impossible_lengths_are_zero(void **state)
{
    (void)state;
    static const unsigned char headers[][TD_PROTOCOL_HEADER] = {
        {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0x00, 0x80, 0x00, 0x01}, {0x80, 0, 0, 0}};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        assert_int_equal(td_protocol_length(headers[i]), 0);
    assert_int_equal(td_protocol_length((const unsigned char[]){0x00, 0x80, 0x00, 0x00}),
                     TD_PROTOCOL_FRAME_MAX);
    assert_int_equal(td_protocol_length((const unsigned char[]){0, 0, 1, 2}), 258);
}

static void what_is_no_message_has_no_frame(void **state)
{
    (void)state;
    json_t *text = json_string("alone");
    size_t length = 0;
    assert_null(td_protocol_encode(text, &length)); /* only objects and arrays travel */
    json_decref(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_is_length_and_json),
        cmocka_unit_test(longest_frame_is_the_maximum),
        cmocka_unit_test(header_holds_any_length),
        cmocka_unit_test(impossible_lengths_are_zero),
        cmocka_unit_test(what_is_no_message_has_no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
