/* csv_machine.h - CSV records byte by byte, by four states: the slow way that tests compare with.
 */
#ifndef RC_TESTS_CSV_MACHINE_H
#define RC_TESTS_CSV_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum { MACHINE_MOST = 64 };

typedef struct machine_record {
    size_t begin, end, next; /* raw bytes, and behind the line end */
    size_t line;             /* from 0 */
} machine_record;

typedef struct machine {
    machine_record records[MACHINE_MOST]; /* with at least one byte; an open one, too */
    size_t n;
    size_t n_lines;
    bool is_open;
    size_t open_quote;
} machine;

typedef enum machine_state { FIELD_START, PLAIN, QUOTED, AFTER_QUOTE } machine_state;

static inline machine_state machine_step(machine_state state, char c, int delimiter)
{
    if ((unsigned char)c == delimiter && state != QUOTED)
        return FIELD_START;
    switch (state) {
    case FIELD_START:
        return c == '"' ? QUOTED : PLAIN;
    case PLAIN:
        return PLAIN;
    case QUOTED:
        return c == '"' ? AFTER_QUOTE : QUOTED;
    case AFTER_QUOTE:
        return QUOTED;
    }
    return state;
}

/* Runs over whole data; at most MACHINE_MOST records. */
static inline machine machine_run(const char *data, size_t n, int delimiter)
{
    machine m = {0};
    machine_state state = FIELD_START;
    size_t begin = 0, line = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_end = data[i] == '\n' || data[i] == '\r';
        bool is_pair = data[i] == '\r' && i + 1 < n && data[i + 1] == '\n';
        m.n_lines += is_end && !is_pair;
        if (is_end && state != QUOTED) {
            size_t next = i + 1 + is_pair;
            if (i > begin)
                m.records[m.n++] = (machine_record){begin, i, next, line};
            m.n_lines += is_pair;
            i += is_pair;
            begin = next;
            line = m.n_lines;
            state = FIELD_START;
            continue;
        }
        if (state == FIELD_START && data[i] == '"')
            m.open_quote = i;
        state = machine_step(state, data[i], delimiter);
    }
    m.is_open = state == QUOTED;
    if (begin < n)
        m.records[m.n++] = (machine_record){begin, n, n, line};
    return m;
}

/* Calls visit with every text over the alphabet of up to most bytes, 16 zero bytes behind each.
 * Returns how many there were. */
static inline size_t for_each_text(const char *alphabet, size_t n_letters, size_t most,
                                   void (*visit)(const char *text, size_t n, void *context),
                                   void *context)
{
    size_t n_texts = 0, digits[16] = {0};
    for (size_t n = 0; n <= most; n++) {
        for (bool more = true; more; n_texts++) {
            char text[32] = {0};
            for (size_t i = 0; i < n; i++)
                text[i] = alphabet[digits[i]];
            visit(text, n, context);
            size_t i = 0;
            while (i < n && ++digits[i] == n_letters)
                digits[i++] = 0;
            more = i < n;
        }
    }
    return n_texts;
}

#endif
