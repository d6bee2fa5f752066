#pragma once

#include "gate/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Statements: a line of text each, in control messages as in the journal (docs/gate.md). There is one way to
/// write each: `read_statement` refuses all others, so that the sender can work out the gate's digest.
namespace latchkey::gate {

inline constexpr std::size_t longest_statement = 2048;
inline constexpr std::size_t most_logins = 4;
inline constexpr std::size_t longest_template = 1024;
inline constexpr std::string_view id_level = "${device_id}";

/// A password that a device may log in with.
struct Login {
  std::uint64_t generation = 0;
  std::uint64_t until = 0;  ///< Unix seconds; 0: no end
  std::array<unsigned char, 16> salt{};
  Digest hash{};  ///< SHA-256 of the password and the salt in hexadecimal, as in the registry
  bool operator==(const Login&) const = default;
};

/// `d VERSION ID DENIED_UNTIL [GENERATION:UNTIL:SALT:HASH]...`: all that holds for one device.
struct DeviceAccess {
  std::uint64_t version = 0;
  std::string id;
  std::uint64_t denied_until = 0;  ///< Unix seconds; 0: not denied
  std::vector<Login> logins;
};

/// `s VERSION SERIAL ID UNTIL`: a certificate of the device that is refused until its end.
struct DeniedSerial {
  std::uint64_t version = 0;
  std::string serial;
  std::string id;
  std::uint64_t until = 0;
};

enum class Direction : char { publish = 'p', subscribe = 's' };

/// `t SET p|s TEMPLATE`: the set has this topic filter, in which `${device_id}` fills whole levels.
struct SetTemplate {
  std::string set;
  Direction direction{};
  std::string filter;
};

/// `r VERSION ID SET`: the device has the rights of the set; of none if it is empty, written `-`.
struct DeviceRights {
  std::uint64_t version = 0;
  std::string id;
  std::string set;
};

struct Hello {};  ///< `hello`: only the reply is wanted
struct Begin {    ///< `begin FLOOR`: a snapshot starts
  std::uint64_t floor = 0;
};
struct End {  ///< `end COUNT`: it had this many lines `d` and `s`
  std::uint64_t count = 0;
};

// In the journal only.
struct FileStart {  ///< `file NUMBER fresh|continued`: fresh: no earlier file counts
  std::uint64_t number = 0;
  bool is_fresh = false;
};
struct FileEnd {};  ///< `next`: another file goes on
struct SetEpoch {   ///< `epoch EPOCH`: of the lines that follow
  std::uint64_t epoch = 0;
};
struct SetOpen {};  ///< `open`: a snapshot is complete
struct Forget {     ///< `f d|s NAME`
  char kind = 'd';
  std::string name;
};

using Statement = std::variant<DeviceAccess, DeniedSerial, SetTemplate, DeviceRights, Hello, Begin, End,
                               FileStart, FileEnd, SetEpoch, SetOpen, Forget>;

/// Nothing if the line is no statement.
[[nodiscard]] std::optional<Statement> read_statement(std::string_view line);
/// The line, without its end.
[[nodiscard]] std::string write_statement(const Statement& statement);

}  // namespace latchkey::gate
