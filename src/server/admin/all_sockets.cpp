#include "server/admin/all_sockets.hpp"

#include "core/socket.hpp"
#include "server/admin/serialize.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace socketio::admin {
namespace {

// What fits into the first message to a page.
class limited_list {
 public:
  explicit limited_list(const context& of)
      : sockets_left_(of.options.sockets_max), bytes_left_(of.page_bytes_max / 2) {}
  bool add(value one) {
    const std::size_t bytes = approximate_bytes(one);
    if (sockets_left_ == 0 || bytes > bytes_left_) return false;
    sockets_left_--;
    bytes_left_ -= bytes;
    all.push_back(std::move(one));
    return true;
  }
  value::array all;

 private:
  std::size_t sockets_left_, bytes_left_;
};

value::array of_shard(const context& of, unsigned shard) {
  limited_list found(of);
  for (const auto& group : of.namespaces->list())
    for (core::socket* const one : group->part(shard).connected())
      if (!found.add(serialize(*one))) return std::move(found.all);
  return std::move(found.all);
}

// Lives on `home`, except for what asks.
struct gathering {
  gathering(const context& by, unsigned at, std::function<void(value::array)> to)
      : of(by), home(at), done(std::move(to)), list(by) {}

  const context& of;
  unsigned home;
  std::function<void(value::array)> done;
  limited_list list;
  value::array others;  // what adapters told; they know less of our own sockets
  std::set<std::pair<std::string, std::string>> known;  // namespace and id
  std::size_t left = 1;  // whoever asks counts until he has asked everybody

  void take(value::array& some) {
    for (value& one : some) {
      const std::string *const nsp = one["nsp"].as_string(), *const id = one["id"].as_string();
      if (nsp && id && known.emplace(*nsp, *id).second) list.add(std::move(one));
    }
  }
  void answered() {
    if (--left == 0) finish();
  }
  void finish() {
    const auto told = std::exchange(done, nullptr);
    if (!told) return;
    take(others);
    told(std::move(list.all));
  }
};

// `how(gathering&)` at home. What cannot be posted any more is not missed: the server has stopped.
template <class How>
void at_home(const std::shared_ptr<gathering>& all, How how) {
  executor& home = all->of.hubs[all->home]->shard();
  if (home.on_thread()) return how(*all);
  home.post([all, how = std::move(how)]() mutable { how(*all); });
}

void ask_shard(const std::shared_ptr<gathering>& all, watcher& by, unsigned shard) {
  const auto look = [all, &by, shard] {
    by.look_at_data();
    at_home(all, [some = of_shard(all->of, shard)](gathering& to) mutable {
      to.take(some);
      to.answered();
    });
  };
  all->left++;
  if (shard == all->home)
    look();
  else if (!all->of.hubs[shard]->shard().post(look))
    all->answered();
}

// Whatever its adapter makes of it: an error, a part, an exception, nothing at all.
void ask_other_servers(const std::shared_ptr<gathering>& all, core::nsp_group& group) {
  if (group.plain()) return;
  all->left++;
  const auto open = std::make_shared<std::atomic<bool>>(true);
  const auto take = [all, open](std::error_code, std::vector<remote_socket> found) {
    if (!open->exchange(false)) return;
    value::array some;
    for (const remote_socket& one : found) some.push_back(serialize(one));
    at_home(all, [some = std::move(some)](gathering& to) mutable {
      std::ranges::move(some, std::back_inserter(to.others));
      to.answered();
    });
  };
  try {
    group.adapter().fetch_sockets({}, take);
  } catch (...) {
    all->of.hubs[all->home]->report(std::current_exception(), "adapter fetch_sockets");
    take({}, {});
  }
}

}  // namespace

void gather_sockets(const context& of, std::vector<watcher>& watchers, unsigned home,
                    std::function<void(value::array)> done, milliseconds patience) {
  const auto all = std::make_shared<gathering>(of, home, std::move(done));
  for (unsigned shard = 0; shard < of.hubs.size(); shard++) ask_shard(all, watchers[shard], shard);
  for (const auto& group : of.namespaces->list()) ask_other_servers(all, *group);
  all->answered();
  if (all->done) of.after(home, patience, [all] { all->finish(); });
}

}  // namespace socketio::admin
