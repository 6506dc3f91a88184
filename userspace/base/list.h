/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists, linked both ways, of structures that have a link in them. */
#ifndef IPSVC_LIST_H
#define IPSVC_LIST_H

#include <stdbool.h>

/* The list itself is one, too, in a circle with its members. */
struct ipsvc_list {
	struct ipsvc_list *prev, *next;
};

static inline void ipsvc_list_init(struct ipsvc_list *list)
{
	list->prev = list->next = list;
}

static inline bool ipsvc_list_empty(const struct ipsvc_list *list)
{
	return list->next == list;
}

/* To the end. */
static inline void ipsvc_list_add(struct ipsvc_list *list,
				  struct ipsvc_list *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

/* Takes @link out of its list, and leaves it alone in one. */
static inline void ipsvc_list_remove(struct ipsvc_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	ipsvc_list_init(link);
}

#define ipsvc_list_foreach(list, at) \
	for ((at) = (list)->next; (at) != (list); (at) = (at)->next)

#endif
