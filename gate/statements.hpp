#pragma once

#include "gate/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A statement is a line of text, in control messages and in the journal (docs/gate.md). There is one way to
/// write each statement, and `read_statement` refuses every other: so the sender can compute the gate's
/// digest.
namespace latchkey::gate {

inline constexpr std::size_t longest_statement = 2048;
inline constexpr std::size_t most_logins = 4;
inline constexpr std::size_t longest_template = 1024;
inline constexpr std::size_t most_templates = 32;
inline constexpr std::string_view id_level = "${device_id}";

/// A password that a device may log in with.
struct Login {
  std::uint64_t generation = 0;
  std::uint64_t until = 0;  ///< Unix seconds; 0: no end
  std::array<unsigned char, 16> salt{};
  Digest hash{};  ///< SHA-256 of the password and the salt in hexadecimal, as in the registry
  bool operator==(const Login&) const = default;
};

/// `d VERSION ID DENIED_UNTIL [GENERATION:UNTIL:SALT:HASH]...`: the whole access of one device.
struct DeviceAccess {
  std::uint64_t version = 0;
  std::string id;
  std::uint64_t denied_until = 0;  ///< Unix seconds; 0: not denied
  std::vector<Login> logins;
};

/// `s VERSION SERIAL ID UNTIL`: a certificate of the device that is denied until this time.
struct DeniedSerial {
  std::uint64_t version = 0;
  std::string serial;
  std::string id;
  std::uint64_t until = 0;
};

/// `t VERSION SET [p:TEMPLATE|s:TEMPLATE]...`: the whole of a set of rights, topic filters to publish and to
/// subscribe to. A level may be `${device_id}`.
struct SetOfRights {
  std::uint64_t version = 0;
  std::string set;
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
};

/// `r VERSION ID SET`: the device has the rights of this set. An empty set, written `-`, is no rights.
struct DeviceRights {
  std::uint64_t version = 0;
  std::string id;
  std::string set;
};

struct Hello {};  ///< `hello`: asks for an answer only
struct Begin {    ///< `begin FLOOR`: a snapshot starts
  std::uint64_t floor = 0;
};
struct End {  ///< `end COUNT`: it had this many lines `d`, `s`, `t` and `r`
  std::uint64_t count = 0;
};

// In the journal only.
struct FileStart {  ///< `file NUMBER fresh|continued`; fresh: earlier files do not count
  std::uint64_t number = 0;
  bool is_fresh = false;
};
struct FileEnd {};  ///< `next`: another file follows
struct SetEpoch {   ///< `epoch EPOCH`: of the lines that follow
  std::uint64_t epoch = 0;
};
struct SetOpen {};  ///< `open`: a snapshot is complete
struct Forget {     ///< `f d|s|t|r NAME`: the entry was dropped
  char kind = 'd';
  std::string name;
};

using Statement = std::variant<DeviceAccess, DeniedSerial, SetOfRights, DeviceRights, Hello, Begin, End,
                               FileStart, FileEnd, SetEpoch, SetOpen, Forget>;

/// Nothing if the line is not a statement.
[[nodiscard]] std::optional<Statement> read_statement(std::string_view line);
/// The line, without its end.
[[nodiscard]] std::string write_statement(const Statement& statement);

}  // namespace latchkey::gate
