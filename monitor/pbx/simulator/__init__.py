"""A sales floor that speaks AMI: the simulated PBX behind the demo, and behind load and fault tests.

From the inside out: ``schedule`` (simulated time), ``parts`` and ``exchange`` (channels, bridges and the
event for everything that happens to them), ``dialplan``, ``legs`` and ``rtcp`` (what calls are made of),
``outbound``, ``inbound``, ``colleagues`` and ``click`` (one script for each kind of call), ``people`` and
``floor`` (who calls when), ``audio`` (recordings), ``server`` (the AMI port).
"""
