// Where things that are fetched, installed or converted once are kept: below the user's cache directory, unless an
// environment variable says otherwise.
#pragma once

#include <string>

namespace hetscope {

// $VARIABLE when it is set, else $XDG_CACHE_HOME/hetscope/NAME or ~/.cache/hetscope/NAME.
std::string cache_directory(const char* variable, const std::string& name);

// Whether that is a place of the user's choice, and not the one that everybody may write to: nothing is loaded from
// there.
bool has_own_cache_directory(const char* variable);

}  // namespace hetscope
