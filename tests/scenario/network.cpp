#include "tests/scenario/network.h"

namespace talkbeat::scenario {
namespace {

std::string from(uint16_t port) {
  return "tcp sport " + std::to_string(port);
}

std::string to(uint16_t port) {
  return "tcp dport " + std::to_string(port);
}

std::string one_in(int percent) {
  return "numgen random mod 100 < " + std::to_string(percent);
}

}  // namespace

Network::Network() : entered_(home_.fd()) {
  guard_.watch(home_);
}

void Network::cut_port(uint16_t port) {
  home_.drop("lo", {from(port), to(port)});
}

void Network::cut_to_port(uint16_t port) {
  home_.drop("lo", {to(port)});
}

void Network::cut_from_port(uint16_t port) {
  home_.drop("lo", {from(port)});
}

void Network::lose(int percent) {
  home_.drop("lo", {one_in(percent)});
}

RemoteHost::RemoteHost(Network& network) : network_(network) {
  network_.guard_.watch(place_);
  const std::string number = std::to_string(++network_.hosts_);
  net_ = "10.77." + number + ".";
  cable_ = "cable" + number;
  network_.home_.ip({"link", "add", cable_, "type", "veth", "peer", "name", "cable", "netns", place_.path()});
  network_.home_.ip({"address", "add", home() + "/24", "dev", cable_});
  network_.home_.ip({"link", "set", cable_, "up"});
  place_.ip({"address", "add", address() + "/24", "dev", "cable"});
  plug_in();
}

void RemoteHost::vanish() {
  hear_nothing();
  be_unheard();
}

void RemoteHost::lose(int percent) {
  place_.drop("cable", {one_in(percent)});
  network_.home_.drop(cable_, {one_in(percent)});
}

void RemoteHost::heal() {
  place_.drop_nothing("cable");
  network_.home_.drop_nothing(cable_);
}

}  // namespace talkbeat::scenario
