#pragma once

#include <string>
#include <string_view>

namespace latchkey {

/// Appends `text` percent-encoded: only the unreserved characters stay as they are (RFC 3986, 2.1 and 2.3).
/// Makes no other copy of it, so that a secret is in `out` alone.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace latchkey
