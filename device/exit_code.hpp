#pragma once

/// How a device's command ends (sysexits.h by number), so that a script can tell what to do next.
namespace latchkey::device::exit_code {

inline constexpr int ok = 0;
inline constexpr int refused = 1;
inline constexpr int usage = 64;
inline constexpr int bad_data = 65;
inline constexpr int unavailable = 69;
inline constexpr int later = 75;

}  // namespace latchkey::device::exit_code
