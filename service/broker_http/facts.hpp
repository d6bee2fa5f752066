#pragma once

#include "crypto/bytes.hpp"
#include "protocol/rights.hpp"
#include "registry/broker_access.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace latchkey::service::broker_http {

/// Unix seconds.
using Seconds = std::int64_t;

/// What the registry says of a device that has a password, a denial or rights. A device with a certificate
/// alone has no entry.
struct DeviceFacts {
  struct Login {
    std::int64_t generation = 0;
    Seconds until = 0;
    std::string salt;    ///< as it is hashed: in hexadecimal
    crypto::Bytes hash;  ///< SHA-256 of the password followed by `salt`
  };
  Seconds denied_until = 0;  ///< 0: not denied
  std::vector<Login> logins;
  std::optional<std::string> rights;  ///< the set of rights that it has
};

/// A device, and the templates of its rights; null where there are none.
struct Known {
  std::shared_ptr<const DeviceFacts> device;
  std::shared_ptr<const protocol::Rights> rights;
};

/// The table that answers are given from. `Feed` writes it. Thread-safe.
class Facts {
 public:
  using Clock = std::chrono::steady_clock;

  /// `topics` must outlive this.
  explicit Facts(const protocol::Topics& topics) : topics_(topics) {}

  [[nodiscard]] Known of(std::string_view device_id) const;
  /// Replaces what is known of these devices and sets, and forgets those of which nothing is said. Returns
  /// the sets that are not valid beside the roots of the configuration: they count as empty.
  std::vector<std::string> take(const registry::GateAccess& access);
  /// Takes over all that `other` knows, and nothing else.
  void become(Facts&& other);
  /// The table is what the registry said at this time.
  void seen(Clock::time_point at);
  /// Nothing: the registry was never seen.
  [[nodiscard]] std::optional<Clock::time_point> seen_at() const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class T>
  using Table = std::unordered_map<std::string, std::shared_ptr<const T>, Hash, std::equal_to<>>;

  const protocol::Topics& topics_;
  mutable std::shared_mutex mutex_;
  Table<DeviceFacts> devices_;
  Table<protocol::Rights> sets_;
  std::optional<Clock::time_point> seen_at_;
};

}  // namespace latchkey::service::broker_http
