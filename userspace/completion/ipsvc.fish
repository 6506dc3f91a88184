# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion of ipsvc(8): ipsvc itself knows the candidates.

function __ipsvc_complete
	set -l before (commandline -opc)
	set -l word (commandline -ct)
	set -l candidates ($before[1] __complete -- $before[2..-1] "$word" 2>/dev/null)

	# Files where ipsvc offers nothing: the manifests of apply.
	if test (count $candidates) -gt 0
		printf '%s\n' $candidates
	else
		__fish_complete_path "$word"
	end
end

complete -c ipsvc -f -a '(__ipsvc_complete)'
