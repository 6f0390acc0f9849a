/*
 * watchdog.h - the watchdog that resets this node when the daemon stops petting it.
 *
 * Happy path: open arms it with a timeout; pet at least every third of that; disarm stops it, when
 * nothing of the cluster runs here any more.
 * Failure modes (negative errno): -ENOENT there is no watchdog device; -EBUSY another program has
 * it; -ERANGE it cannot do the timeout; -EPERM from disarm: it cannot be stopped once armed
 * (nowayout), it stays open, and the node is reset unless petting goes on. The same holds when open
 * fails but leaves fd open: such a watchdog was armed by the opening.
 * Closing without disarm, or the end of the process, leaves it armed: that is its purpose.
 */
#ifndef HF_DRIVER_WATCHDOG_H
#define HF_DRIVER_WATCHDOG_H

struct hf_watchdog {
    int fd; /* -1 = not armed */
    unsigned timeout_s;
};

#define HF_WATCHDOG_NONE ((struct hf_watchdog){.fd = -1})

/* Opens and arms; device is usually /dev/watchdog. */
int hf_watchdog_open(struct hf_watchdog *dog, const char *device, unsigned timeout_s);

/* Changes the time of an armed watchdog. On one that is not armed it does nothing. */
int hf_watchdog_set(struct hf_watchdog *dog, unsigned timeout_s);

/* Restarts the countdown. On a watchdog that is not armed it does nothing. */
int hf_watchdog_pet(struct hf_watchdog *dog);

/* Stops the countdown and closes. */
int hf_watchdog_disarm(struct hf_watchdog *dog);

#endif
