#pragma once

#include "gate/sharded_map.hpp"
#include "gate/statements.hpp"

#include <functional>
#include <map>

namespace latchkey::gate {

/// When the registry made a statement. Versions of different epochs cannot be compared: the registry was
/// restored in between.
struct Stamp {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  auto operator<=>(const Stamp&) const = default;
};

/// What is known of an entry, whatever it says.
struct Record {
  Stamp stamp;
  std::uint64_t digest = 0;      ///< of its line, where it says anything
  std::uint32_t snapshot = 0;    ///< how many snapshots had begun when it was last said
  std::uint32_t touched_at = 0;  ///< seconds, of the clock that `Tables::at` was given; 0: nothing was said
  [[nodiscard]] bool is_told() const { return touched_at != 0; }
};

struct RightsSet {
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
};

struct Rights {
  Stamp stamp;
  const std::pair<const std::string, RightsSet>* set = nullptr;  ///< none: no rights
  [[nodiscard]] bool is_told() const { return set != nullptr || stamp != Stamp{}; }
};

/// One entry has all of a device, since each decision of the broker looks for it.
struct Device {
  Record record;  ///< of what follows, but for the rights
  std::uint64_t denied_until = 0;
  std::vector<Login> logins;
  Rights rights;
};

struct Serial {
  Record record;
  std::uint64_t until = 0;
  std::string id;
};

enum class Applied { changed, same, old, no_room, no_set };

/// All that the gate was told. Each device's newest statement holds, whatever the order of their arrival.
class Tables {
 public:
  explicit Tables(std::size_t most_entries) : most_entries_(most_entries) {}
  Tables(Tables&&) = default;
  Tables& operator=(Tables&&) = default;

  /// `line` is the statement's text. Only `d`, `s`, `t` and `r`.
  Applied apply(const Statement& statement, std::string_view line);
  void forget(char kind, std::string_view name);

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }
  /// The time for what is applied and asked from now on, in Unix seconds.
  void at(std::uint64_t now) { now_ = now; }

  /// A snapshot begins; its number.
  [[nodiscard]] std::uint32_t begin_snapshot() { return ++snapshots_; }
  /// Names of one part that were not said since the snapshot began, and are not newer than its floor.
  [[nodiscard]] std::vector<Forget> unsaid(std::size_t part, std::uint32_t snapshot, Stamp floor) const;
  /// Names of one part that say nothing any more, and were said more than an hour ago: until then they
  /// refuse what is older.
  [[nodiscard]] std::vector<Forget> outdated(std::size_t part) const;

  /// Nothing if nothing was told about it.
  [[nodiscard]] const Device* device(std::string_view id) const { return devices_.find(id); }
  [[nodiscard]] bool is_denied(std::string_view id) const;
  [[nodiscard]] bool is_denied(const Device& device) const { return device.denied_until > now_; }
  [[nodiscard]] bool is_denied_serial(std::string_view serial) const;
  /// Nothing if there is no such login now.
  [[nodiscard]] const Login* login(std::string_view id, std::uint64_t generation) const;
  [[nodiscard]] const Login* login(const Device& device, std::uint64_t generation) const;
  /// Nothing if the device has no rights.
  [[nodiscard]] const RightsSet* rights(std::string_view id) const;

  /// The sum of the digests of all lines `d` and `s` that say anything.
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::size_t devices() const { return devices_.size(); }
  [[nodiscard]] std::size_t serials() const { return serials_.size(); }
  [[nodiscard]] std::size_t with_rights() const { return with_rights_; }

  /// Says every statement that makes the same tables.
  void write(const std::function<void(const Statement&)>& say) const;

 private:
  Applied apply_one(const DeviceAccess& access, std::string_view line);
  Applied apply_one(const DeniedSerial& denied, std::string_view line);
  Applied apply_one(const SetTemplate& made, std::string_view line);
  Applied apply_one(const DeviceRights& rights, std::string_view line);
  template <class Other>
  Applied apply_one(const Other&, std::string_view) {
    return Applied::same;
  }
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] Device* find_or_add(std::string_view id);
  Applied renew(Record& record, std::uint64_t version, std::uint64_t digest);

  std::size_t most_entries_;
  ShardedMap<Device> devices_;
  ShardedMap<Serial> serials_;
  std::map<std::string, RightsSet, std::less<>> sets_;
  std::uint64_t epoch_ = 0;
  std::uint64_t now_ = 1;
  std::uint64_t digest_ = 0;
  std::size_t with_rights_ = 0;
  std::uint32_t snapshots_ = 0;
};

}  // namespace latchkey::gate
