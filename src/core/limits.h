/*
 * limits.h - the bounds of everything the core holds.
 *
 * The core allocates nothing after start: each collection is an array of the size named here, and
 * a request that would pass a bound is refused with a reason before anything changes.
 */
#ifndef HF_CORE_LIMITS_H
#define HF_CORE_LIMITS_H

/* The simulator makes its worlds smaller. */
#ifndef HF_NODES_MAX
#define HF_NODES_MAX 64u /* nodes of a cluster; a set of nodes is one uint64_t */
#endif
#ifndef HF_INSTANCES_MAX
#define HF_INSTANCES_MAX 1024u /* instances of a cluster */
#endif
#define HF_NAME_MAX 64u         /* bytes of a name, its NUL included */
#define HF_PATH_MAX 128u        /* bytes of a path, its NUL included */
#define HF_DISKS_MAX 4u         /* shared disks of an instance */
#define HF_CHECKS_MAX 4u        /* query checks of an instance */
#define HF_QUERY_MAX 200u       /* bytes of one query, its NUL included */
#define HF_RESTARTS_KEPT 8u     /* latest restarts of an instance, losses of a node */
#define HF_DATABASES_MAX 16u    /* databases listed for an instance */
#define HF_RELATIONS_MAX 8u     /* entries of after, apart_from, together_with */
#define HF_ADDRESS_MAX 48u      /* bytes of a printed IPv4 or IPv6 address, its NUL included */
#define HF_SETTINGS_MAX 512u    /* bytes of engine settings kept as "key = value" lines */
#define HF_DESCRIPTION_MAX 256u /* bytes of what people say of an instance, its NUL included */
#define HF_EXT_MAX 128u         /* bytes of fields a newer version added, kept as they came */
#define HF_FENCING_MAX 4u       /* fencing levels */
#define HF_HISTORY_MAX 512u     /* records of history every member holds */
#define HF_REQUESTS_MAX 32u     /* administrators' commands under way at one node */
#define HF_MESSAGE_MAX 65536u   /* bytes of one multicast message */

/* "No node", "no instance": the largest value of the field. */
#define HF_NODE_NONE 0xffu
#define HF_INSTANCE_NONE 0xffffu

_Static_assert(HF_NODES_MAX <= 64u, "a set of nodes is one uint64_t");
_Static_assert(HF_NODES_MAX < HF_NODE_NONE, "a node index fits its field");
_Static_assert(HF_INSTANCES_MAX < HF_INSTANCE_NONE, "an instance index fits its field");

#endif
