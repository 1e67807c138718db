"""The sentence of each event of the audit log. Pure: a verb and its details in, French out."""

from collections.abc import Mapping
from typing import Any

from civic.i18n import N_, _, ngettext

SENTENCES = {
    "account.activated": N_("Compte rouvert"),
    "account.calendar_made": N_("Adresse d’agenda créée"),
    "account.calendar_revoked": N_("Adresse d’agenda supprimée"),
    "account.created": N_("Compte créé"),
    "account.deactivated": N_("Compte fermé"),
    "account.invited": N_("Invitation envoyée"),
    "account.password_changed": N_("Mot de passe changé"),
    "account.rights_changed": N_("Droits changés"),
    "account.token_made": N_("Jeton créé"),
    "account.token_revoked": N_("Jeton supprimé"),
    "account.verified": N_("Adresse confirmée"),
    "announcement.reminded": N_("Annonce rappelée"),
    "announcement.sent": N_("Annonce envoyée"),
    "announcement.withdrawn": N_("Annonce retirée"),
    "application.accepted": N_("Candidature acceptée"),
    "application.rejected": N_("Candidature refusée"),
    "application.submitted": N_("Candidature envoyée"),
    "application.withdrawn": N_("Candidature retirée"),
    "attendance.corrected": N_("Venue corrigée"),
    "attendance.noted": N_("Venue notée"),
    "booking.cannot_come": N_("Empêchement signalé"),
    "booking.cancelled": N_("Réservation annulée"),
    "booking.declined": N_("Place refusée"),
    "booking.expired": N_("Offre de place expirée"),
    "booking.made": N_("Réservation faite"),
    "booking.accepted": N_("Place proposée acceptée"),
    "booking.moved": N_("Volontaire déplacé d’un créneau à un autre"),
    "booking.offered": N_("Place proposée à la liste d’attente"),
    "booking.promoted": N_("Place donnée depuis la liste d’attente"),
    "booking.removed": N_("Volontaire retiré d’un créneau"),
    "booking.sent_back": N_("Retour en tête de la liste d’attente"),
    "booking.walked_in": N_("Personne venue sans place ajoutée"),
    "booking.withdrawn": N_("Désistement"),
    "contract.created": N_("Contrat enregistré"),
    "contract.ended": N_("Fin anticipée d’un contrat"),
    "contract.resumed": N_("Fin anticipée retirée"),
    "contract.updated": N_("Contrat modifié"),
    "encounter.comments_erased": N_("Commentaires effacés au terme de leur durée"),
    "encounter.corrected": N_("Rencontre corrigée"),
    "encounter.validated": N_("Rencontre validée"),
    "encounter.voided": N_("Rencontre annulée"),
    "import.applied": N_("Fichier importé"),
    "fill.accepted": N_("Lignes d’une proposition appliquées"),
    "fill.asked": N_("Proposition de remplissage demandée"),
    "fill.discarded": N_("Lignes d’une proposition écartées"),
    "fill.stopped": N_("Calcul d’une proposition arrêté"),
    "leave.approved": N_("Congé accepté"),
    "leave.asked": N_("Congé demandé"),
    "leave.recorded": N_("Absence notée"),
    "leave.refused": N_("Congé refusé"),
    "leave.withdrawn": N_("Congé retiré"),
    "period.closed": N_("Période close"),
    "period.reopened": N_("Période rouverte"),
    "quote.approved": N_("Parole d’habitant approuvée"),
    "quote.withdrawn": N_("Parole d’habitant retirée"),
    "quote.written": N_("Parole d’habitant réécrite"),
    "report.asked": N_("Fichier de bilan demandé"),
    "report.published": N_("Bilan publié"),
    "report.text_changed": N_("Texte du bilan modifié"),
    "mail.retried": N_("E-mail remis en file"),
    "mission.archived": N_("Mission archivée"),
    "mission.created": N_("Mission créée"),
    "mission.deleted": N_("Mission jamais utilisée supprimée"),
    "mission.restored": N_("Mission remise en service"),
    "mission.updated": N_("Mission modifiée"),
    "outing.corrected": N_("Sortie corrigée"),
    "outing.voided": N_("Sortie annulée"),
    "rule.changed": N_("Valeur d’une règle changée"),
    "series.created": N_("Série de créneaux créée"),
    "series.edited": N_("Série de créneaux modifiée"),
    "series.stopped": N_("Série de créneaux arrêtée"),
    "shift.cancelled": N_("Créneau annulé"),
    "shift.created": N_("Créneau créé"),
    "shift.edited": N_("Créneau modifié"),
    "shift.many_cancelled": N_("Plusieurs créneaux annulés ensemble"),
    "shift.many_published": N_("Plusieurs créneaux publiés ensemble"),
    "shift.published": N_("Créneau publié"),
    "site.archived": N_("Lieu archivé"),
    "site.closed": N_("Lieu fermé"),
    "site.created": N_("Lieu créé"),
    "site.code_made": N_("Code d’arrivée créé"),
    "site.code_renewed": N_("Code d’arrivée renouvelé"),
    "site.deleted": N_("Lieu jamais utilisé supprimé"),
    "site.photo_removed": N_("Photo de lieu retirée"),
    "site.photo_set": N_("Photo de lieu enregistrée"),
    "site.reopened": N_("Fermeture de lieu supprimée"),
    "site.restored": N_("Lieu remis en service"),
    "site.rule_ended": N_("Fermeture qui revient arrêtée"),
    "site.rule_made": N_("Lieu fermé à jours répétés"),
    "site.updated": N_("Lieu modifié"),
    "site_report.corrected": N_("Signalement corrigé"),
    "site_report.filed": N_("Signalement fait"),
    "site_report.forgotten": N_("Texte et photo d’un signalement effacés"),
    "site_report.handed_on": N_("Signalement transmis"),
    "site_report.photo_added": N_("Photo ajoutée à un signalement"),
    "site_report.rejected": N_("Signalement classé sans suite"),
    "site_report.reopened": N_("Signalement rouvert"),
    "site_report.seen": N_("Signalement vu"),
    "site_report.solved": N_("Signalement résolu"),
    "template.archived": N_("Modèle de semaine archivé"),
    "template.changed": N_("Modèle de semaine modifié"),
    "template.kept": N_("Modèle de semaine gardé"),
    "topic.added": N_("Thème ajouté"),
    "topic.kept": N_("Fin d’un thème annulée"),
    "topic.merged": N_("Thème fusionné avec un autre"),
    "topic.renamed": N_("Thème renommé"),
    "topic.retired": N_("Thème retiré"),
    "template.restored": N_("Modèle de semaine remis en service"),
    "volunteer.availability": N_("Indisponibilités modifiées"),
    "volunteer.preferred_sites": N_("Lieux préférés modifiés"),
    "volunteer.updated": N_("Coordonnées modifiées"),
    "wish.noted": N_("Souhait de binôme noté"),
    "wish.removed": N_("Souhait de binôme retiré"),
}
FAMILIES = {
    "shift": N_("Créneaux"),
    "series": N_("Séries"),
    "template": N_("Modèles de semaine"),
    "fill": N_("Propositions de remplissage"),
    "booking": N_("Réservations"),
    "attendance": N_("Présences"),
    "account": N_("Comptes"),
    "volunteer": N_("Volontaires"),
    "wish": N_("Souhaits de binôme"),
    "contract": N_("Contrats"),
    "leave": N_("Congés"),
    "announcement": N_("Annonces"),
    "application": N_("Candidatures"),
    "mission": N_("Missions"),
    "site": N_("Lieux"),
    "site_report": N_("Signalements"),
    "encounter": N_("Rencontres"),
    "outing": N_("Sorties"),
    "topic": N_("Thèmes"),
    "report": N_("Bilans"),
    "quote": N_("Paroles d’habitants"),
    "period": N_("Périodes closes"),
    "mail": N_("E-mails"),
    "import": N_("Imports"),
    "rule": N_("Règles"),
}
STATES = {
    "draft": N_("brouillon"),
    "published": N_("publié"),
    "confirmed": N_("place confirmée"),
    "waitlisted": N_("liste d’attente"),
    "offered": N_("place proposée"),
    "present": N_("présence"),
    "absent": N_("absence"),
    "excused": N_("absence excusée"),
}
ROLES = {
    "volunteer": N_("volontaire"),
    "coordinator": N_("coordination"),
    "manager": N_("direction"),
    "admin": N_("administration"),
}
FIELDS = {
    "mission_id": N_("mission"),
    "site_id": N_("lieu"),
    "starts_at": N_("début"),
    "ends_at": N_("fin"),
    "break_minutes": N_("pause"),
    "capacity": N_("places"),
    "min_staff": N_("minimum"),
    "phone": N_("téléphone"),
    "commune_insee": N_("commune"),
    "emergency_name": N_("contact d’urgence"),
    "emergency_phone": N_("téléphone d’urgence"),
    "meeting_place": N_("rendez-vous"),
    "access_notes": N_("accès"),
    "safety_notes": N_("sécurité"),
    "on_call_number": N_("numéro d’astreinte"),
    "photo_alt": N_("description de la photo"),
    "kind": N_("type de lieu"),
    "lat": N_("latitude"),
    "lon": N_("longitude"),
    "approximate": N_("point approximatif"),
    "weekly_hours": N_("heures par semaine"),
    "starts_on": N_("début"),
    "ends_on": N_("fin"),
    "ended_on": N_("fin réelle"),
    "tutor_id": N_("tutorat"),
    "conformity_checked_on": N_("conformité"),
    "medical_cleared_on": N_("aptitude médicale"),
    "parental_authorised_on": N_("autorisation parentale"),
    "parental_holders": N_("titulaires de l’autorité parentale"),
    "minor_tutoring_on": N_("tutorat renforcé"),
    "age_limit_30": N_("limite d’âge"),
    "trainings": N_("formations"),
    "title": N_("titre"),
    "description": N_("description"),
    "pillar": N_("pilier"),
    "role": N_("rôle"),
    "scopes": N_("agglomérations"),
    "name": N_("nom"),
    "reference": N_("référence"),
    "birth_date": N_("date de naissance"),
}


def sentence(verb: str, detail: Mapping[str, Any] | None = None) -> str:
    """« Créneau annulé : neige, 3 personnes prévenues »; a verb that nobody named is shown as it is."""
    known = SENTENCES.get(verb)
    if known is None:
        return verb
    parts = [part for part in _parts(detail or {}) if part]
    return _("%(what)s : %(details)s") % {"what": _(known), "details": ", ".join(parts)} if parts else _(known)


def _parts(detail: Mapping[str, Any]) -> list[str]:
    found = [_text(detail.get("email")), _text(detail.get("name")), _state(detail.get("state"))]
    found.append(_text(detail.get("reason")))
    if isinstance(detail.get("shifts"), int):
        shifts = detail["shifts"]
        found.append(ngettext("%(n)s créneau", "%(n)s créneaux", shifts) % {"n": shifts})
    if isinstance(detail.get("told"), int):
        told = detail["told"]
        found.append(ngettext("%(n)s personne prévenue", "%(n)s personnes prévenues", told) % {"n": told})
    role = detail.get("role")
    if isinstance(role, str):
        found.append(_(ROLES[role]) if role in ROLES else role)
    for key in ("changed", "fields"):
        names = detail.get(key)
        if isinstance(names, list):
            found.extend(_field(str(name)) for name in names)
    scopes = detail.get("scopes")
    if isinstance(scopes, list):
        found.append(", ".join(map(str, scopes)) or _("toutes les agglomérations"))
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _state(value: object) -> str:
    text = _text(value)
    return _(STATES[text]) if text in STATES else text


def _field(name: str) -> str:
    return _(FIELDS[name]) if name in FIELDS else name
