#pragma once

#include "gate/sharded_map.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace latchkey::gate {

/// The credential with which the device of an open operational session logged in.
struct Session {
  const void* client = nullptr;             ///< the broker's pointer to the connection
  std::optional<std::uint64_t> generation;  ///< of the password; nothing: it was a certificate
  std::string serial;                       ///< of the certificate
};

/// The open operational sessions. A device may have two for a moment: its new one begins before the broker
/// ends the old one, or before the new one fails and the old one stays.
class Sessions {
 public:
  Sessions() { ids_.reserve(100'000); }
  void begin(const std::string& id, Session session) {
    end(session.client);
    ids_.insert_or_assign(session.client, id);
    of_.add(id).push_back(std::move(session));
  }
  void end(const void* client) {
    const auto found = ids_.find(client);
    if (found == ids_.end()) return;
    auto& sessions = of_.add(found->second);
    std::erase_if(sessions, [client](const Session& one) { return one.client == client; });
    if (sessions.empty()) of_.erase(found->second);
    ids_.erase(found);
  }
  [[nodiscard]] bool is_open(const void* client) const { return ids_.contains(client); }
  /// Nothing if the device has none.
  [[nodiscard]] const std::vector<Session>* of(std::string_view id) const { return of_.find(id); }

 private:
  std::unordered_map<const void*, std::string> ids_;
  ShardedMap<std::vector<Session>> of_;
};

}  // namespace latchkey::gate
