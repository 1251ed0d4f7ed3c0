/* An echo server with libwebsockets: check_libwebsockets [PORT], on 127.0.0.1. It says `ready PORT`.
 *
 * The library gives a message in pieces, each as it comes, and takes what is to be sent only when it asks for it.
 * Each piece is kept in the ring of its connection meanwhile, and goes back as a fragment. */

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many pieces wait at most; then the client is not read until there is room again. */
enum { PIECES = 64 };

struct piece {
    unsigned char *bytes; /* LWS_PRE bytes for the head of the frame, then the payload */
    size_t length;
    int binary, first, final;
};

struct session {
    struct lws_ring *pieces;
};

static void forget(void *piece)
{
    free(((struct piece *)piece)->bytes);
}

static int keep(struct lws *wsi, struct lws_ring *pieces, const void *bytes, size_t length)
{
    struct piece piece = {malloc(LWS_PRE + length), length, lws_frame_is_binary(wsi), lws_is_first_fragment(wsi),
                          lws_is_final_fragment(wsi)};
    if (!piece.bytes)
        return -1;
    memcpy(piece.bytes + LWS_PRE, bytes, length);
    if (!lws_ring_insert(pieces, &piece, 1)) {
        forget(&piece);
        return -1;
    }
    lws_callback_on_writable(wsi);
    return lws_ring_get_count_free_elements(pieces) < 2 ? lws_rx_flow_control(wsi, 0) : 0;
}

static int send_one(struct lws *wsi, struct lws_ring *pieces)
{
    const struct piece *piece = lws_ring_get_element(pieces, NULL);
    if (!piece)
        return lws_rx_flow_control(wsi, 1);
    int flags = lws_write_ws_flags(piece->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, piece->first, piece->final);
    if (lws_write(wsi, piece->bytes + LWS_PRE, piece->length, flags) < (int)piece->length)
        return -1;
    lws_ring_consume(pieces, NULL, NULL, 1);
    lws_callback_on_writable(wsi);
    return 0;
}

static int echo(struct lws *wsi, enum lws_callback_reasons why, void *user, void *bytes, size_t length)
{
    struct session *session = user;
    switch (why) {
    case LWS_CALLBACK_ESTABLISHED:
        session->pieces = lws_ring_create(sizeof(struct piece), PIECES, forget);
        return session->pieces ? 0 : -1;
    case LWS_CALLBACK_RECEIVE:
        return keep(wsi, session->pieces, bytes, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return send_one(wsi, session->pieces);
    case LWS_CALLBACK_CLOSED:
        /* Also called for who was refused, and never had one. */
        if (session && session->pieces)
            lws_ring_destroy(session->pieces);
        return 0;
    default:
        return lws_callback_http_dummy(wsi, why, user, bytes, length);
    }
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        {.name = "echo", .callback = echo, .per_session_data_size = sizeof(struct session)}, {.name = NULL}};
    struct lws_context_creation_info info = {
        .port = argc > 1 ? atoi(argv[1]) : 0,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8,
    };
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return 1;
    printf("ready %d\n", lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default")));
    fflush(stdout);
    while (lws_service(context, 0) >= 0)
        ;
    return 1;
}
