/* fetch.c - the native model that a file of any format is. */
#include "model/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/text.h"
#include "io/input.h"
#include "model/foreign/frames.h"
#include "model/reader.h"
#include "model/talk.h"

/* What a reader may have for data: the least, and how many times the file. */
#define LEAST_MEMORY (UINT64_C(4) << 30)
enum { TIMES_FILE = 3 };

/* Beyond 10 s a reader has a second for each 16 MiB of the file. */
enum { TIMEOUT_MS = 10000, TIMEOUT_BITS = 24 };

/* -- which format --------------------------------------------------------------------------------
 */

/* A user block, whose size is a power of two from 512 on, may stand before it. */
static bool has_h5_signature(const char *data, size_t n)
{
    static const char signature[8] = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    for (size_t at = 0; at < n && n - at >= sizeof(signature); at = at == 0 ? 512 : 2 * at)
        if (memcmp(data + at, signature, sizeof(signature)) == 0)
            return true;
    return false;
}

/* ONNX has no signature: serialisers write field 1, ir_version, a small number, first; names tell
 * of those that do not. */
static bool looks_like_onnx(const char *data, size_t n, const char *path)
{
    bool is_named = path != NULL && rc_text_ends(path, strlen(path), ".onnx");
    bool is_first = n > 2 && data[0] == 0x08 && data[1] > 0 && data[1] < 0x20 &&
                    (data[2] & 7) != 3 && (data[2] & 7) != 4;
    return is_named || is_first;
}

const char *rc_fetch_tell(const char *data, size_t n, const char *path)
{
    if (has_h5_signature(data, n) || (n >= 4 && memcmp(data, "PK\x03\x04", 4) == 0))
        return "keras";
    if (rc_native_json_reader.matches(data, n) || rc_native_rcm_reader.matches(data, n))
        return NULL;
    return looks_like_onnx(data, n, path) && n > 0 ? "onnx" : NULL;
}

/* -- foreign models ------------------------------------------------------------------------------
 */

/* A file in memory that nobody can change, so that what is parsed is what was hashed. */
static rc_status make_file(const char *data, size_t n, int *fd, rc_error *err)
{
    *fd = memfd_create("rowcast-model", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0)
        return rc_error_os(err, RC_E_SYSTEM, errno, "hold the model in memory");
    for (size_t done = 0; done < n;) {
        ssize_t written = write(*fd, data + done, n - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            rc_error_os(err, RC_E_SYSTEM, errno, "hold the model in memory");
            close(*fd);
            return RC_E_SYSTEM;
        }
        done += (size_t)written;
    }
    (void)fcntl(*fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return RC_OK;
}

/* One reader for one file of n bytes. */
static rc_status open_reader(rc_guard **guard_out, const char *kind, int fd, size_t n,
                             const rc_model_options *options, rc_error *err)
{
    uint64_t memory = (uint64_t)TIMES_FILE * n,
             timeout_ms = TIMEOUT_MS + 1000 * (n >> TIMEOUT_BITS);
    rc_guard_options guard = {
        .reader = options->reader,
        .kind = kind,
        .what = strcmp(kind, "onnx") == 0 ? "the ONNX model" : "the Keras model",
        .fd = fd,
        .sandbox = options->sandbox,
        .code = RC_E_MODEL,
        .max_memory = memory > LEAST_MEMORY ? memory : LEAST_MEMORY,
        .max_answer = RC_MODEL_PART_BYTES + (1 << 20),
        .timeout_ms = timeout_ms < UINT32_MAX ? (uint32_t)timeout_ms : UINT32_MAX,
    };
    return rc_guard_open(guard_out, &guard, err);
}

/* A list of words with commas; no path looks like it. */
static bool is_list(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789, ")] == '\0';
}

static rc_status take_architecture(rc_talk_architecture *out, const char *kind, const char *given,
                                   rc_error *err)
{
    if (given == NULL)
        return RC_OK;
    if (strcmp(kind, "keras") != 0)
        return rc_error_set(err, RC_E_USAGE, "--architecture is for Keras weights");
    if (is_list(given) && access(given, F_OK) != 0) {
        out->text = rc_strdup(given);
        out->n = strlen(given);
        return out->text != NULL ? RC_OK : rc_error_nomem(err);
    }
    rc_status st =
        rc_file_read(given, RC_MODEL_MOST_ARCHITECTURE, RC_E_MODEL, &out->text, &out->n, err);
    char quoted[RC_QUOTED_BYTES];
    return st < 0 ? rc_error_wrap(err, st, "--architecture '%s'",
                                  rc_text_quote(given, strlen(given), quoted))
                  : st;
}

/* -- all -----------------------------------------------------------------------------------------
 */

static rc_status decide_kind(const char *data, size_t n, const char *path,
                             const rc_model_options *options, const char **kind, rc_error *err)
{
    bool is_native = n == 0 || (options->format != NULL && strcmp(options->format, "native") == 0);
    const char *asked = options->format;
    *kind = is_native ? NULL : asked != NULL ? asked : rc_fetch_tell(data, n, path);
    if (*kind != NULL || options->architecture == NULL)
        return RC_OK;
    return rc_error_set(err, RC_E_USAGE, "--architecture is for Keras weights");
}

static rc_status fetch_kind(rc_fetched *out, const char *kind, const char *path, int fd, size_t n,
                            const rc_model_options *options, rc_error *err)
{
    rc_guard *guard = NULL;
    rc_talk_architecture architecture = {0};
    snprintf(out->format, sizeof(out->format), "%s", kind);
    rc_status st = take_architecture(&architecture, kind, options->architecture, err);
    if (st >= 0)
        st = open_reader(&guard, kind, fd, n, options, err);
    if (st >= 0)
        st = rc_talk_model(&out->native, out->warning, guard, path, &architecture, err);
    if (guard != NULL)
        snprintf(out->shut, sizeof(out->shut), "%s", rc_guard_shut(guard));
    rc_guard_close(guard);
    free(architecture.text);
    return st;
}

static const rc_model_options defaults;

/* Takes data, which has been allocated. */
static rc_status fetch_take(rc_fetched *out, char *data, size_t n, const char *path,
                            const rc_model_options *options, rc_error *err)
{
    const char *kind;
    int fd;
    rc_sha256_text(data, n, out->sha256);
    rc_status st = decide_kind(data, n, path, options, &kind, err);
    if (st < 0 || kind == NULL) {
        out->native = (rc_buf){.data = data, .n = n, .capacity = n};
        return st;
    }
    st = make_file(data, n, &fd, err);
    free(data);
    RC_TRY(st);
    st = fetch_kind(out, kind, path, fd, n, options, err);
    close(fd);
    return st;
}

rc_status rc_fetch(rc_fetched *out, const char *path, const rc_model_options *options,
                   rc_error *err)
{
    char *data;
    size_t n;
    *out = (rc_fetched){0};
    RC_TRY(rc_file_read(path, RC_MODEL_MAX_BYTES, RC_E_MODEL, &data, &n, err));
    return fetch_take(out, data, n, path, options != NULL ? options : &defaults, err);
}

rc_status rc_fetch_bytes(rc_fetched *out, const char *data, size_t n,
                         const rc_model_options *options, rc_error *err)
{
    *out = (rc_fetched){0};
    char *copy = rc_strndup(data, n);
    if (copy == NULL)
        return rc_error_nomem(err);
    return fetch_take(out, copy, n, NULL, options != NULL ? options : &defaults, err);
}

void rc_fetched_release(rc_fetched *fetched)
{
    rc_buf_release(&fetched->native);
    *fetched = (rc_fetched){0};
}
