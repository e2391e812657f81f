#pragma once

#include <string>

#include "tests/scenario/network_namespace.h"

namespace talkbeat::scenario {

class RemoteHost;

/// A network that a test can cut, for the programs that it starts while this lives: the thread that makes it, which is
/// the test's, is in a namespace of its own until the end ("home", where a Cluster's servers run as always), and
/// RemoteHosts are joined to it by cables. Threads made meanwhile are at home as well. Nothing is left of it, not even
/// where the test is killed. Made before the Cluster; one at a time.
///
///   Network network;
///   RemoteHost far(network);
///   Cluster cluster(options);
///   WireClient alice = far.inside([&] { return WireClient(cluster.client_port("msg_server_0"), far.home()); });
///   far.unplug();
class Network {
 public:
  Network();

  /// Of the packets between processes at home: those from and to this TCP port of a server vanish.
  void cut_port(uint16_t port);
  /// Only those to the server, only those from it.
  void cut_to_port(uint16_t port);
  void cut_from_port(uint16_t port);
  /// Between processes at home, so many of 100 vanish.
  void lose(int percent);
  void heal() { home_.drop_nothing("lo"); }

 private:
  friend class RemoteHost;

  NamespaceGuard guard_;
  NetworkNamespace home_;
  EnteredNamespace entered_;
  int hosts_ = 0;
};

/// Another machine, which reaches home by a cable. Its own loopback is no other's.
class RemoteHost {
 public:
  explicit RemoteHost(Network& network);

  /// Its own address, and home's as seen from here.
  std::string address() const { return net_ + "2"; }
  std::string home() const { return net_ + "1"; }

  template <class F>
  auto inside(F f) const -> decltype(f()) {
    return place_.inside(f);
  }

  /// Nobody is told: no FIN, no reset. The last packets may wait at home's end of the cable, and arrive later.
  void unplug() { place_.ip({"link", "set", "cable", "down"}); }
  void plug_in() { place_.ip({"link", "set", "cable", "up"}); }

  /// One way only: nothing that is sent to it arrives; nothing that it sends does.
  void hear_nothing() { place_.drop("cable", {""}); }
  void be_unheard() { network_.home_.drop(cable_, {""}); }
  /// Both ways, somewhere beyond the cable: not even the packets that one's own end of it would keep come later.
  void vanish();
  /// So many of 100 packets vanish, both ways; less than all.
  void lose(int percent);
  /// The end of these four.
  void heal();

 private:
  Network& network_;
  NetworkNamespace place_;
  std::string net_;
  std::string cable_;  // its end at home
};

}  // namespace talkbeat::scenario
