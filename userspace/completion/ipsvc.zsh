#compdef ipsvc
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion of ipsvc(8): ipsvc itself knows the candidates.

_ipsvc()
{
	local line
	local -a candidates

	for line in "${(@f)$(${words[1]} __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		[[ -n $line ]] || continue
		# _describe() wants "word:what it is".
		line=${line//:/\\:}
		candidates+=("${line/$'\t'/:}")
	done
	# Files where ipsvc offers nothing: the manifests of apply.
	if (( $#candidates )); then
		_describe -V ipsvc candidates
	else
		compset -P '*='
		_files
	fi
}

# Autoloaded as a function, or read with source.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
	_ipsvc "$@"
else
	compdef _ipsvc ipsvc
fi
