# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of ipsvc(8): ipsvc itself knows the candidates.

_ipsvc()
{
	local cur words cword

	# Names of services have colons, at which bash would split them.
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur words cword
	else
		words=("${COMP_WORDS[@]}")
		cword=$COMP_CWORD
		cur=${words[cword]}
	fi
	mapfile -t COMPREPLY < <("${words[0]}" __complete -- \
		"${words[@]:1:cword}" 2>/dev/null)
	# What a candidate is follows behind a tab.
	COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

# Files where ipsvc offers nothing: the manifests of apply.
complete -o default -F _ipsvc ipsvc
