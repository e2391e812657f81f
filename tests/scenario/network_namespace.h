#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace talkbeat::scenario {

/// The network namespace that the calling thread is in, from here to the end of the scope.
class EnteredNamespace {
 public:
  explicit EnteredNamespace(int fd);
  ~EnteredNamespace();
  EnteredNamespace(const EnteredNamespace&) = delete;
  EnteredNamespace& operator=(const EnteredNamespace&) = delete;

 private:
  int before_ = -1;
};

/// A network of its own: no interface but a loopback, no address, no rule of anybody else. It has no name, so nobody
/// else can meet it; it is gone with the last process in it and this object. Throws, naming what is needed, where the
/// machine does not let us make one.
///
///   NetworkNamespace place;
///   const int fd = place.inside([] { return socket(AF_INET, SOCK_STREAM, 0); });   // stays in there
///   place.drop("lo", {"tcp dport 8100"});   // as if that cable were cut
class NetworkNamespace {
 public:
  NetworkNamespace();
  ~NetworkNamespace();
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;

  int fd() const { return fd_; }
  /// The kernel's number for it.
  uint64_t id() const { return id_; }
  /// A file that stands for it, for other programs.
  std::string path() const;

  /// What `f` returns. The sockets that it makes and the programs that it starts belong to this namespace.
  template <class F>
  auto inside(F f) const -> decltype(f()) {
    const EnteredNamespace entered(fd_);
    return f();
  }
  /// /sbin/ip with these arguments, inside. Throws where it fails.
  void ip(const std::vector<std::string>& arguments) const;

  /// Of the packets that arrive here on this interface, those vanish that match one of these (in nftables' words; "":
  /// all). Replaces what was said of that interface before.
  void drop(const std::string& interface, const std::vector<std::string>& matches);
  void drop_nothing(const std::string& interface) { drop(interface, {}); }

 private:
  int fd_ = -1;
  uint64_t id_ = 0;
  std::map<std::string, std::vector<std::string>> dropped_;  // by interface
};

/// Ends what still runs in some namespaces: when it goes, and also where this process is killed, since it is another
/// one that watches and nobody's child.
class NamespaceGuard {
 public:
  NamespaceGuard();
  ~NamespaceGuard();
  NamespaceGuard(const NamespaceGuard&) = delete;
  NamespaceGuard& operator=(const NamespaceGuard&) = delete;

  void watch(const NetworkNamespace& place);

 private:
  int told_ = -1;   // the ids of the namespaces; its end: end everything
  int ended_ = -1;  // closed from the other side when that is done
};

}  // namespace talkbeat::scenario
