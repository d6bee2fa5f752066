#pragma once

#include "gate/sharded_map.hpp"
#include "gate/statements.hpp"

#include <forward_list>
#include <functional>
#include <limits>
#include <map>

namespace latchkey::gate {

/// The registry's version of a statement. A version counts within its epoch, because a restore of the
/// registry begins a new one.
struct Stamp {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  auto operator<=>(const Stamp&) const = default;
};

/// What all entries have.
struct Record {
  Stamp stamp;
  std::uint64_t digest = 0;      ///< of its line; 0 if that neither denies nor has a password
  std::uint32_t snapshot = 0;    ///< how many snapshots had begun when it was last told
  std::uint32_t touched_at = 0;  ///< when it was last told (`Tables::at`); 0: never
  [[nodiscard]] bool is_told() const { return touched_at != 0; }
};

struct RightsSet {
  Record record;
  std::vector<std::string> publish;
  std::vector<std::string> subscribe;
};

struct Rights {
  Stamp stamp;
  const std::pair<const std::string, RightsSet>* set = nullptr;  ///< nullptr: no rights
  std::uint32_t snapshot = 0;                                    ///< as in Record
  [[nodiscard]] bool is_told() const { return set != nullptr || stamp != Stamp{}; }
};

/// All that is known of a device is in one entry, so that a decision needs one search.
struct Device {
  Record record;  ///< of the denial and the logins
  std::uint64_t denied_until = 0;
  std::forward_list<Login> logins;  ///< mostly one, often none: a vector takes 16 bytes more
  Rights rights;
};

struct Serial {
  Record record;
  std::uint64_t until = 0;
  std::string id;
};

enum class Applied { changed, same, old, no_room };

/// All that the gate was told. Of each device the newest statement counts, in whatever order they arrive.
class Tables {
 public:
  /// The bound is for devices with access and denied certificates together, and for devices with rights. What
  /// denies has as many entries again: nothing that gives access can keep a denial out.
  explicit Tables(std::size_t most_entries) : most_entries_(most_entries) {}
  /// For a journal, which was written within a bound.
  static constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max() / 2;
  void set_bound(std::size_t most_entries) { most_entries_ = most_entries; }
  Tables(Tables&&) = default;
  Tables& operator=(Tables&&) = default;

  /// Applies a statement `d`, `s`, `t` or `r`. `line` is its text.
  Applied apply(const Statement& statement, std::string_view line);
  void forget(char kind, std::string_view name);

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  void set_epoch(std::uint64_t epoch) { epoch_ = epoch; }
  /// Sets the time, in Unix seconds, for the calls that follow.
  void at(std::uint64_t now) { now_ = now; }

  /// Begins a snapshot, and returns its number.
  [[nodiscard]] std::uint32_t begin_snapshot() { return ++snapshots_; }
  /// The entries of one part that were not told since the snapshot began, and are not newer than its floor.
  [[nodiscard]] std::vector<Forget> unsaid(std::size_t part, std::uint32_t snapshot, Stamp floor) const;
  /// The entries of one part that no longer have an effect, and were told more than an hour ago. They are
  /// kept for this hour to refuse older statements.
  [[nodiscard]] std::vector<Forget> outdated(std::size_t part) const;

  /// nullptr if nothing was told about the device.
  [[nodiscard]] const Device* device(std::string_view id) const { return devices_.find(id); }
  [[nodiscard]] bool is_denied(std::string_view id) const;
  [[nodiscard]] bool is_denied(const Device& device) const { return device.denied_until > now_; }
  [[nodiscard]] bool is_denied_serial(std::string_view serial) const;
  /// nullptr if the device has no such login at this time.
  [[nodiscard]] const Login* login(std::string_view id, std::uint64_t generation) const;
  [[nodiscard]] const Login* login(const Device& device, std::uint64_t generation) const;
  /// nullptr if the device has no rights.
  [[nodiscard]] const RightsSet* rights(std::string_view id) const;

  /// The sum of the digests of all lines that count (docs/gate.md).
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::size_t devices() const { return devices_.size(); }
  [[nodiscard]] std::size_t serials() const { return serials_.size(); }
  [[nodiscard]] std::size_t with_rights() const { return with_rights_; }

  /// Calls `say` for statements that make the same tables when they are applied.
  void write(const std::function<void(const Statement&)>& say) const;

 private:
  Applied apply_one(const DeviceAccess& access, std::string_view line);
  Applied apply_one(const DeniedSerial& denied, std::string_view line);
  Applied apply_one(const SetOfRights& told, std::string_view line);
  Applied apply_one(const DeviceRights& rights, std::string_view line);
  template <class Other>
  Applied apply_one(const Other&, std::string_view) {
    return Applied::same;
  }
  [[nodiscard]] bool has_room(bool denies) const;
  [[nodiscard]] std::pair<const std::string, RightsSet>* find_or_add_set(const std::string& name);
  Applied renew(Record& record, std::uint64_t version, std::uint64_t digest);
  void forget_rights(std::string_view id);
  void forget_set(std::string_view name);

  std::size_t most_entries_;
  ShardedMap<Device> devices_;
  ShardedMap<Serial> serials_;
  std::map<std::string, RightsSet, std::less<>> sets_;
  std::uint64_t epoch_ = 0;
  std::uint64_t now_ = 1;
  std::uint64_t digest_ = 0;
  std::size_t with_access_ = 0;  ///< devices with a statement `d`
  std::size_t with_rights_ = 0;
  std::uint32_t snapshots_ = 0;
};

}  // namespace latchkey::gate
